//! What systemd is told (sd_notify(3)): that the daemon is ready, reads its configuration, ends, and lives.

use std::time::Duration;

use net::ServiceManager;

/// The service manager, and how often it wants to hear that the daemon lives.
pub(super) struct Manager {
    manager: ServiceManager,
    /// Half of what it waits for.
    beat: Option<Duration>,
}

impl Manager {
    /// The manager that the environment names.
    pub(super) fn of_environment() -> Self {
        let manager = ServiceManager::at(std::env::var_os("NOTIFY_SOCKET").as_deref()).unwrap_or_else(|error| {
            tracing::warn!(reason = %error, "NOTIFY_SOCKET");
            ServiceManager::nobody()
        });
        let set = |name| std::env::var(name).ok();
        let beat = beat(set("WATCHDOG_USEC").as_deref(), set("WATCHDOG_PID").as_deref(), std::process::id());
        Self { beat: beat.filter(|_| manager.is_there()), manager }
    }

    /// All sockets are open.
    pub(super) fn ready(&self) {
        self.tell(&["READY=1"]);
    }

    /// The configuration is being read; `ready` ends it.
    pub(super) fn reloading(&self) {
        self.tell(&["RELOADING=1"]);
    }

    /// No connection is accepted any more.
    pub(super) fn stopping(&self) {
        self.tell(&["STOPPING=1"]);
    }

    /// Tells that the daemon lives, for as long as it does. It runs among the conversations: when they are starved, so is
    /// this.
    pub(super) async fn beat(&self) {
        let Some(beat) = self.beat else { return };
        loop {
            self.tell(&["WATCHDOG=1"]);
            tokio::time::sleep(beat).await;
        }
    }

    fn tell(&self, lines: &[&str]) {
        if let Err(error) = self.manager.tell(lines) {
            tracing::warn!(reason = %error, "NOTIFY_SOCKET");
        }
    }
}

/// sd_watchdog_enabled(3): it is wanted when a time is set, and no process or this one.
fn beat(usec: Option<&str>, pid: Option<&str>, own: u32) -> Option<Duration> {
    let is_meant = pid.is_none_or(|pid| pid.is_empty() || pid.parse() == Ok(own));
    let wait_us = usec?.parse().ok().filter(|wait_us| *wait_us > 0 && is_meant)?;
    // The manual recommends half of it.
    Some(Duration::from_micros(wait_us) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_the_watchdog_is_told() {
        let second = Some(Duration::from_millis(500));
        for (usec, pid, want) in [
            (Some("1000000"), None, second),
            (Some("1000000"), Some("7"), second),
            (Some("1000000"), Some(""), second),
            (Some("1000000"), Some("8"), None),
            (Some("1000000"), Some("x"), None),
            (Some("0"), None, None),
            (Some("soon"), None, None),
            (None, Some("7"), None),
        ] {
            assert_eq!(beat(usec, pid, 7), want, "{usec:?} {pid:?}");
        }
    }
}
