//! Every way in which a process ends.

use std::convert::Infallible;

use super::*;

const LONG: Duration = Duration::from_secs(3600);

async fn until_asked(shutdown: Shutdown) -> Result<(), Infallible> {
    shutdown.soft_asked().await;
    Ok(())
}

#[tokio::test]
async fn a_soft_stop_lets_every_task_finish() {
    let shutdown = Shutdown::new();
    let mut tasks = Tasks::new();
    tasks.spawn("uplink", until_asked(shutdown.clone()));
    tasks.spawn("gate", until_asked(shutdown.clone()));
    shutdown.soft();
    tasks.run(shutdown, LONG).await.unwrap();
}

#[tokio::test]
async fn a_task_that_returns_early_ends_the_whole_and_is_named() {
    let shutdown = Shutdown::new();
    let mut tasks = Tasks::new();
    tasks.spawn("gate", until_asked(shutdown.clone()));
    tasks.spawn("uplink", async { Ok::<_, Infallible>(()) });
    let error = tasks.run(shutdown.clone(), LONG).await.unwrap_err();
    assert!(matches!(&error, TaskError::Early { task } if task == "uplink"), "{error}");
    assert!(shutdown.is_soft(), "the others were asked to finish");
}

#[tokio::test]
async fn a_task_that_panics_ends_the_whole_and_is_named() {
    let shutdown = Shutdown::new();
    let mut tasks = Tasks::new();
    tasks.spawn("gate", until_asked(shutdown.clone()));
    tasks.spawn("uplink", async {
        if true {
            panic!("no more");
        }
        Ok::<_, Infallible>(())
    });
    let error = tasks.run(shutdown, LONG).await.unwrap_err();
    assert!(matches!(&error, TaskError::Panicked { task, .. } if task == "uplink"), "{error}");
    assert!(error.source().unwrap().to_string().contains("no more"));
}

#[tokio::test]
async fn a_task_that_fails_ends_the_whole_with_its_error() {
    let mut tasks = Tasks::new();
    tasks.spawn("uplink", async { Err(io::Error::other("the disk is gone")) });
    let error = tasks.run(Shutdown::new(), LONG).await.unwrap_err();
    assert!(matches!(&error, TaskError::Failed { task, .. } if task == "uplink"), "{error}");
    assert_eq!(error.source().unwrap().to_string(), "the disk is gone");
}

#[tokio::test]
async fn a_failure_while_stopping_is_not_lost() {
    let shutdown = Shutdown::new();
    let mut tasks = Tasks::new();
    let wish = shutdown.clone();
    tasks.spawn("store", async move {
        wish.soft_asked().await;
        Err(io::Error::other("the last commit failed"))
    });
    shutdown.soft();
    let error = tasks.run(shutdown, LONG).await.unwrap_err();
    assert!(matches!(&error, TaskError::Failed { task, .. } if task == "store"), "{error}");
}

#[tokio::test]
async fn a_hard_stop_and_the_end_of_the_grace_cut_off_and_name_who_is_left() {
    for (hard, grace) in [(true, LONG), (false, Duration::ZERO)] {
        let shutdown = Shutdown::new();
        let mut tasks = Tasks::new();
        tasks.spawn("gate", until_asked(shutdown.clone()));
        tasks.spawn("stuck", std::future::pending::<Result<(), Infallible>>());
        shutdown.soft();
        if hard {
            shutdown.hard();
        }
        let error = tasks.run(shutdown, grace).await.unwrap_err();
        let TaskError::CutOff { tasks } = &error else { panic!("{error}") };
        assert!(tasks.contains(&"stuck".to_owned()), "{error}");
    }
}

#[tokio::test]
async fn the_first_signal_is_soft_and_the_second_hard() {
    let shutdown = Shutdown::on_signals().unwrap();
    let terminate = async || {
        let pid = std::process::id().to_string();
        let kill = tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await;
        assert!(kill.unwrap().success());
    };
    terminate().await;
    shutdown.soft_asked().await;
    terminate().await;
    shutdown.hard_asked().await;
}
