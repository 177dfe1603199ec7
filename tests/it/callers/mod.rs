//! The plugin under the programs that call it: each test starts the real daemon on loopback, in a directory of its own,
//! feeds it the configuration that `--generate` prints, and reads what the daemon made of the plugin's answer.
mod balancer;
mod chroot;
mod haproxy;
mod icinga;
mod nagios;
mod nrpe;
mod plugin;
mod service;
mod systemd;
mod textfile;
