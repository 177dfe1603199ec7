//! The plugin under the programs that call it: each test starts the real daemon on loopback, in a directory of its own,
//! feeds it the configuration that `--generate` prints, and reads what the daemon made of the plugin's answer.

#[cfg(test)]
mod balancer;
#[cfg(test)]
mod chroot;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod haproxy;
#[cfg(test)]
mod icinga;
#[cfg(test)]
mod nagios;
#[cfg(test)]
mod nrpe;
#[cfg(test)]
mod plugin;
#[cfg(test)]
mod service;
#[cfg(test)]
mod systemd;
#[cfg(test)]
mod textfile;
