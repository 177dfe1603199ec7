//! The options of a cloud. They have the names of openstackclient's, whose files they read.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::keystone::Interface;

/// Login and catalogue.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Cloud")]
pub(crate) struct CloudArgs {
    /// Log in to the cloud NAME of clouds.yaml, and send its token
    ///
    /// Without an ENDPOINT, every endpoint of the service in the catalogue is checked. The files are openstackclient's:
    /// clouds.yaml, secure.yaml and clouds-public.yaml in the current directory, ~/.config/openstack,
    /// /etc/xdg/openstack or /etc/openstack. The NAME envvars means the OS_* variables; OS_CLOUD has no effect.
    #[arg(long, value_name = "NAME")]
    pub(crate) os_cloud: Option<String>,

    /// Read this clouds.yaml, and the secure.yaml next to it
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub(crate) os_config: Option<PathBuf>,

    /// Check the endpoints of this region only; repeatable
    #[arg(long, value_name = "REGION", action = ArgAction::Append, hide_short_help = true)]
    pub(crate) os_region_name: Vec<String>,

    /// Interface of the endpoints: public, internal or admin [default: the cloud's, else public]
    #[arg(long, value_name = "INTERFACE", value_parser = interface, hide_short_help = true)]
    pub(crate) os_interface: Option<Interface>,

    /// Service type in the catalogue [default: the cloud's, else metering, meter or telemetry]
    #[arg(long, value_name = "TYPE", hide_short_help = true)]
    pub(crate) os_service_type: Option<String>,

    /// Keep tokens in DIR, which only the user may read; off logs in on every run
    ///
    /// The default is check_ceilometer/ in $XDG_RUNTIME_DIR, $XDG_CACHE_HOME or ~/.cache. A token is kept until 120 s
    /// before its end of life; passwords are never kept.
    #[arg(long, value_name = "DIR|off", value_parser = token_cache, hide_short_help = true)]
    pub(crate) token_cache: Option<TokenCache>,
}

/// The place of the token cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenCache {
    Off,
    Directory(PathBuf),
}

fn interface(text: &str) -> Result<Interface, String> {
    Interface::parse(text).ok_or("expected public, internal or admin".into())
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a value parser")]
fn token_cache(text: &str) -> Result<TokenCache, String> {
    Ok(if text == "off" { TokenCache::Off } else { TokenCache::Directory(text.into()) })
}
