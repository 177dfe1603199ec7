//! The plugin under the programs that call it: each test starts the real daemon on loopback, in a directory of its own,
//! gives it the configuration that `--generate` prints, and reads what the daemon makes of the plugin's output.
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
