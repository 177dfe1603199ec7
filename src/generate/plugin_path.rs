//! The place of the running plugin, as the configurations write it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The absolute path of the plugin, if it is known and a shell can be given it.
pub(super) struct PluginPath(Option<String>);

/// Replaces a path that is not known.
const PLACEHOLDER: &str = "/path/to/check_ceilometer";

/// Follows the first line of a text that holds the placeholder.
const FILL_IN: &str =
    "# FILL IN: replace /path/to/check_ceilometer by the path of the plugin on this machine.";

/// Follows it where the path is known.
const NOT_PLAIN: &str =
    " Its own path has characters that programs read as syntax: install it under a plain path.";

impl PluginPath {
    pub(super) fn of_process() -> PluginPath {
        // Fails where /proc is not mounted.
        let path = env::current_exe().ok().filter(|path| path.is_file()).or_else(|| {
            let name = env::args_os().next()?;
            find(Path::new(&name), env::var_os("PATH").as_deref())
        });
        PluginPath::new(path)
    }

    fn new(path: Option<PathBuf>) -> PluginPath {
        let path = path.and_then(|path| path.into_os_string().into_string().ok());
        PluginPath(path.filter(|path| path.starts_with('/') && !path.contains(char::is_control)))
    }

    /// Replaces `@PLUGIN_SH@` in shell scripts, `@PLUGIN@` in shell lines that another program reads first,
    /// `@PLUGIN_SYSTEMD@` and `@PLUGIN_KEEPALIVED@`, each quoted for its reader.
    pub(super) fn fill(&self, text: &str) -> String {
        let is_script = text.contains("@PLUGIN_SH@");
        let fitting = self.0.as_deref().filter(|path| is_script || path.chars().all(is_portable));
        let fitting = fitting.filter(|path| !path.contains("@PLUGIN"));
        let path = fitting.unwrap_or(PLACEHOLDER);
        let quoted = |quote: &str| {
            if path.contains(' ') { [quote, path, quote].concat() } else { path.to_owned() }
        };
        let shell = shlex::try_quote(path).unwrap_or_default();
        let filled = text
            .replace("@PLUGIN_SH@", &shell)
            .replace("@PLUGIN@", &shell)
            .replace("@PLUGIN_SYSTEMD@", &quoted("\""))
            .replace("@PLUGIN_KEEPALIVED@", &quoted("'"));
        match (self.note(fitting), filled.split_once('\n')) {
            (Some(note), Some((first, rest))) => [first, "\n", &note, rest].concat(),
            _ => filled,
        }
    }

    /// Returns the comment about what has to be done before the text works.
    fn note(&self, fitting: Option<&str>) -> Option<String> {
        match fitting {
            None => Some(format!("{FILL_IN}{}\n", if self.0.is_some() { NOT_PLAIN } else { "" })),
            Some(path) if !others_can_run(Path::new(path)) => Some(format!(
                "# NOTE: other users, such as the one that runs this, cannot run {path}: install it where they can.\n"
            )),
            Some(_) => None,
        }
    }
}

/// Tests whether users other than the owner can reach and execute a file; one that cannot be looked at counts as such.
fn others_can_run(path: &Path) -> bool {
    path.ancestors()
        .all(|step| fs::metadata(step).map_or(true, |data| data.permissions().mode() & 0o001 != 0))
}

/// Accepts characters that no configuration interprets, at least between quotes.
fn is_portable(c: char) -> bool {
    c.is_alphanumeric() || "/._+-,:=~@ ".contains(c)
}

/// Finds a program as a shell does: a name in `PATH`, anything else from the current directory.
fn find(name: &Path, search: Option<&OsStr>) -> Option<PathBuf> {
    let is_bare = name.components().count() == 1 && !name.has_root();
    let places = if is_bare { env::split_paths(search?).collect() } else { vec![PathBuf::new()] };
    let file = places.into_iter().map(|place| place.join(name)).find(|file| file.is_file())?;
    fs::canonicalize(file).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# head\nsh @PLUGIN@ -t\nExecStart=@PLUGIN_SYSTEMD@ -t\nscript \"@PLUGIN_KEEPALIVED@ -t\"\n";

    fn filled(path: &str) -> String {
        PluginPath::new(Some(path.into())).fill(TEXT)
    }

    #[test]
    fn plain_path() {
        assert_eq!(
            filled("/opt/bin/check"),
            "# head\nsh /opt/bin/check -t\nExecStart=/opt/bin/check -t\nscript \"/opt/bin/check -t\"\n"
        );
    }

    #[test]
    fn path_with_blank() {
        assert_eq!(
            filled("/opt/my bin/check"),
            "# head\nsh '/opt/my bin/check' -t\nExecStart=\"/opt/my bin/check\" -t\nscript \"'/opt/my bin/check' -t\"\n"
        );
    }

    #[test]
    fn unusable_paths() {
        for path in [
            "relative/check",
            "/a'b",
            "/a\"b",
            "/a$b",
            "/a%b",
            "/a\\b",
            "/a\nb",
            "/a;b",
            "/a{b}",
            "/a#b",
            "/a@PLUGIN_SYSTEMD@",
        ] {
            let is_known = path.starts_with('/') && !path.contains('\n');
            let why = if is_known { NOT_PLAIN } else { "" };
            let text = filled(path);
            let beginning = format!("# head\n{FILL_IN}{why}\nsh {PLACEHOLDER} -t\n");
            assert!(text.starts_with(&beginning), "{path}: {text}");
        }
    }

    /// Nothing but a shell reads a script: there, quotes make every character harmless.
    #[test]
    fn harmless_characters() {
        let script = |path: &str| PluginPath::new(Some(path.into())).fill("#!/bin/sh\nplugin=@PLUGIN_SH@\n");
        for path in ["/a'b", "/a\"b", "/a$b", "/a%b", "/a;b&c", "/a#b", "/a@b", "/é", "/a\\b"] {
            let text = script(path);
            let value = text.strip_prefix("#!/bin/sh\nplugin=").unwrap();
            assert_eq!(shlex::split(value).unwrap(), [path], "{text}");
        }
        assert!(filled("/a@b/é").contains("/a@b/é -t\""), "{}", filled("/a@b/é"));
    }

    #[test]
    fn private_place() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("plugin");
        fs::write(&file, "").unwrap();
        for (place, program, noted) in [(0o755, 0o755, false), (0o700, 0o755, true), (0o755, 0o750, true)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(program)).unwrap();
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(place)).unwrap();
            let text = filled(file.to_str().unwrap());
            let note = format!(
                "# head\n# NOTE: other users, such as the one that runs this, cannot run {}",
                file.display()
            );
            assert_eq!(text.starts_with(&note), noted, "{place:o} {program:o}: {text}");
        }
    }

    #[test]
    fn program_search() {
        let dir = tempfile::tempdir().unwrap();
        let place = fs::canonicalize(dir.path()).unwrap();
        let file = place.join("plugin");
        fs::write(&file, "").unwrap();
        assert_eq!(find(Path::new("plugin"), Some(place.as_os_str())), Some(file.clone()));
        assert_eq!(find(Path::new("plugin"), None), None);
        assert_eq!(find(Path::new("absent"), Some(place.as_os_str())), None);
        assert_eq!(find(&place.join("./plugin"), None), Some(file));
        assert_eq!(find(Path::new("./plugin"), Some(place.as_os_str())), None);
    }
}
