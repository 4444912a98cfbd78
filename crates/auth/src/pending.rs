//! Something that was asked, on its way.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Something asked: not yet, on its way, or there.
#[derive(Default)]
pub(crate) enum Pending<T> {
    #[default]
    Nothing,
    Running(Pin<Box<dyn Future<Output = T> + Send>>),
    Done(T),
}

impl<T> Pending<T> {
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Self::Running(future) = self {
            match future.as_mut().poll(context) {
                Poll::Ready(value) => *self = Self::Done(value),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }

    /// What is there, without taking it.
    pub(crate) fn done(&self) -> Option<&T> {
        match self {
            Self::Done(value) => Some(value),
            Self::Nothing | Self::Running(_) => None,
        }
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        match std::mem::replace(self, Self::Nothing) {
            Self::Done(value) => Some(value),
            Self::Nothing | Self::Running(_) => None,
        }
    }
}
