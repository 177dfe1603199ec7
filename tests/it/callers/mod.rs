//! The plugin under the programs that call it: each test starts the real daemon on loopback, in a directory of its own,
//! configures it by `--generate`, and reads the plugin's results from the daemon.
mod balancer;
mod checkmk;
mod chroot;
mod haproxy;
mod icinga;
mod keepalived;
mod nagios;
mod nrpe;
mod plugin;
mod plugin_path;
mod prometheus;
mod service;
mod systemd;
mod textfile;
mod zabbix;
