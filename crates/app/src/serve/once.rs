//! `serve --once`: what the daemon would do by now, and the end. For those who have no daemon, and for tests.

use std::sync::Arc;

use tokio::sync::watch;

use super::audits::Audits;
use super::ledger::Keeper;
use super::notify::Manager;
use super::reload::{Plan, Reloader};
use super::reporting::Reporting;
use super::schedule::Schedule;
use super::{ServeArguments, privilege};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::say::Say;
use crate::serve::find_user;

/// Does everything that is due.
///
/// # Errors
/// The configuration is wrong, a store cannot be used, or the daemon runs and does it.
pub(super) async fn run(common: &Arc<Common>, arguments: &ServeArguments) -> Result<ExitCode, Failure> {
    let plan = Plan::of(common, arguments.authserv_id.as_deref())?;
    let user = plan.running.user.as_deref().map(find_user).transpose()?;
    let state = common.state_directory();
    privilege::make_state_directory(&state, user.as_ref()).map_err(|error| {
        let failure = Failure::new(ExitCode::Configuration, "serve-no-control");
        failure.with("file", state.display().to_string()).with("reason", error.to_string())
    })?;
    user.as_ref().map_or(Ok(()), privilege::become_user)?;
    let keeper = match plan.ledger.enabled {
        true => Some(Keeper::open(&state, &plan.ledger).await?),
        false => None,
    };
    let say = Arc::new(Say::new(common.say().language()));
    let manager = Arc::new(Manager::of_environment());
    let reloader = Reloader::start(common, (plan, arguments.authserv_id.clone()), keeper.clone(), &say, &manager)?;
    let live = reloader.live();
    super::keys_schedule(common, &live, &say).once(common.now_s()).await?;
    // What signs now may be others.
    reloader.rekey();
    let around = (live.world.resolver(), reloader.roles());
    if let Some(reporting) = Reporting::open(common, keeper.as_ref(), around, live.world.metrics(), &say)? {
        reporting.once(common.now_s()).await?;
    }
    Audits::new(common, reloader.subscribe(), &say).once().await?;
    let live: watch::Receiver<_> = reloader.subscribe();
    Schedule::new(common, live, &say).once().await?;
    if let Some(keeper) = &keeper {
        keeper.sweep_once().await;
    }
    drop(reloader);
    super::close_ledger(keeper, None, &say).await
}
