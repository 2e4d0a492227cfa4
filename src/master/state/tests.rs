//! What the state does about events.

use super::*;
use crate::master::event::{Life, Tie};

fn rules() -> Rules {
    Rules {
        workers: 2,
        initial: 2,
        cheap: false,
        gateways: 0,
        daemons: Vec::new(),
        mercy: MERCY,
        grace: None,
        breath: BREATH,
        need_app: true,
        life: Life::default(),
    }
}

const MERCY: Duration = Duration::from_secs(60);
const BREATH: Duration = Duration::from_secs(2);

fn elders(processes: &[i32], daemons: &[i32]) -> Living {
    let daemons = daemons.iter().map(|&pid| Attendant { pid, index: Some(0) });
    Living { processes: processes.to_vec(), gateways: Vec::new(), daemons: daemons.collect() }
}

/// A server whose workers 1 and 2 have the pids 101 and 102 and serve.
fn running(now: Instant) -> State {
    let mut state = State::new(rules(), &Living::default(), now);
    let actions = state.on(Event::Started, now);
    assert_eq!(actions, [Action::Spawn(Place::Worker(1)), Action::Spawn(Place::Worker(2))]);
    for number in 1..=2 {
        let pid = 100 + i32::try_from(number).expect("small");
        assert_eq!(state.on(Event::Spawned(Place::Worker(number), pid), now), []);
        assert_eq!(state.on(Event::Ready(Place::Worker(number)), now), []);
    }
    state
}

fn without_words(actions: Vec<Action>) -> Vec<Action> {
    actions.into_iter().filter(|action| !matches!(action, Action::Say(_))).collect()
}

#[test]
fn a_dead_worker_is_replaced_at_once_unless_it_just_came() {
    let start = Instant::now();
    let mut state = running(start);
    let later = start + Duration::from_secs(10);
    let actions = without_words(state.on(Event::Ended(101, End::Signal(9)), later));
    assert_eq!(actions, [Action::Spawn(Place::Worker(1))]);
    state.on(Event::Spawned(Place::Worker(1), 103), later);
    let actions = without_words(state.on(Event::Ended(103, End::Code(1)), later));
    assert_eq!(actions, []);
    let patient = later + BREATH;
    assert_eq!(state.on(Event::Tick, patient), [Action::Spawn(Place::Worker(1))]);
}

#[test]
fn a_stop_lets_finish_and_a_second_one_does_not() {
    let now = Instant::now();
    let mut state = running(now);
    let actions = without_words(state.on(Event::Stop, now));
    assert_eq!(actions, [Action::Finish(101), Action::Finish(102)]);
    let actions = without_words(state.on(Event::Stop, now));
    assert_eq!(actions, [Action::Interrupt(101), Action::Interrupt(102)]);
    assert_eq!(without_words(state.on(Event::Ended(101, End::Code(0)), now)), []);
    let actions = without_words(state.on(Event::Ended(102, End::Code(0)), now));
    assert_eq!(actions, [Action::End(0)]);
}

#[test]
fn workers_go_after_the_gateway_that_feeds_them() {
    let now = Instant::now();
    let mut state = State::new(
        Rules { gateways: 1, workers: 1, initial: 1, ..rules() },
        &Living::default(),
        now,
    );
    state.on(Event::Started, now);
    state.on(Event::Spawned(Place::Worker(1), 101), now);
    state.on(Event::Spawned(Place::Gateway(1), 100), now);
    assert_eq!(without_words(state.on(Event::Stop, now)), [Action::Terminate(100)]);
    assert_eq!(without_words(state.on(Event::Tick, now)), []);
    let gone = Event::Ended(100, End::Code(0));
    assert_eq!(without_words(state.on(gone, now)), [Action::Finish(101)]);
    let gone = Event::Ended(101, End::Code(0));
    assert_eq!(without_words(state.on(gone, now)), [Action::End(0)]);
}

#[test]
fn who_does_not_finish_is_killed() {
    let now = Instant::now();
    let mut state = running(now);
    state.on(Event::Stop, now);
    let late = now + MERCY;
    let actions = without_words(state.on(Event::Tick, late));
    assert_eq!(actions, [Action::Kill(101), Action::Kill(102)]);
}

#[test]
fn a_reload_fails_with_a_worker_that_dies_before_it_serves() {
    let now = Instant::now();
    let mut state = State::new(rules(), &elders(&[7], &[]), now);
    state.on(Event::Started, now);
    state.on(Event::Spawned(Place::Worker(1), 101), now);
    let failed = [Action::Report(Outcome::Failed)];
    assert_eq!(without_words(state.on(Event::Ended(101, End::Signal(11)), now)), failed);
}

#[test]
fn elders_go_when_all_successors_serve() {
    let now = Instant::now();
    let mut state = State::new(rules(), &elders(&[7, 8], &[]), now);
    state.on(Event::Started, now);
    state.on(Event::Spawned(Place::Worker(1), 101), now);
    state.on(Event::Spawned(Place::Worker(2), 102), now);
    assert_eq!(state.on(Event::Ready(Place::Worker(1)), now), []);
    let actions = state.on(Event::Ready(Place::Worker(2)), now);
    let done = Action::Report(Outcome::Done);
    assert_eq!(actions, [Action::Finish(7), Action::Finish(8), done]);
}

#[test]
fn elders_stay_until_nobody_hands_requests_to_them() {
    let now = Instant::now();
    let living = Living { gateways: vec![9], ..elders(&[7, 8, 9], &[]) };
    let mut state = State::new(rules(), &living, now);
    state.on(Event::Started, now);
    for (number, pid) in [(1, 101), (2, 102)] {
        state.on(Event::Spawned(Place::Worker(number), pid), now);
        state.on(Event::Ready(Place::Worker(number)), now);
    }
    assert_eq!(state.on(Event::Tick, now), []);
    let actions = without_words(state.on(Event::Ended(8, End::Code(0)), now));
    assert_eq!(actions, []);
    let actions = without_words(state.on(Event::Ended(9, End::Code(0)), now));
    assert_eq!(actions, [Action::Finish(7)]);
    assert_eq!(without_words(state.on(Event::Ended(7, End::Code(0)), now)), []);
}

#[test]
fn elders_stay_when_the_new_code_does_not_load() {
    let now = Instant::now();
    let mut state = State::new(rules(), &elders(&[7, 8], &[]), now);
    state.on(Event::Started, now);
    state.on(Event::Spawned(Place::Worker(1), 101), now);
    let end = End::Code(NO_APP.into());
    let failed = [Action::Report(Outcome::Failed)];
    assert_eq!(without_words(state.on(Event::Ended(101, end), now)), failed);
    state.on(Event::Spawned(Place::Worker(2), 102), now);
    assert_eq!(without_words(state.on(Event::Ended(102, end), now)), [], "told once");
    // It is tried again, each time after a longer while, until it works.
    assert_eq!(state.on(Event::Tick, now + BREATH)[0], Action::Spawn(Place::Worker(1)));
    state.on(Event::Spawned(Place::Worker(1), 103), now);
    state.on(Event::Ended(103, end), now);
    assert_eq!(state.on(Event::Tick, now + BREATH + AGAIN), []);
    assert_eq!(state.on(Event::Tick, now + 2 * BREATH), [Action::Spawn(Place::Worker(1))]);
}

#[test]
fn elders_serve_alone_until_the_last_one_is_gone() {
    let now = Instant::now();
    let mut state =
        State::new(Rules { workers: 0, initial: 0, ..rules() }, &elders(&[7, 8], &[]), now);
    assert_eq!(state.on(Event::Started, now), []);
    assert_eq!(state.on(Event::Reload, now), [Action::StartAnew(elders(&[7, 8], &[]))]);
    assert_eq!(state.on(Event::Ended(7, End::Signal(9)), now), []);
    let last = state.on(Event::Ended(8, End::Signal(9)), now);
    assert_eq!(without_words(last), [Action::End(NO_APP)]);
}

#[test]
fn a_worker_without_an_application_ends_the_server() {
    let now = Instant::now();
    let mut state = State::new(rules(), &Living::default(), now);
    state.on(Event::Started, now);
    state.on(Event::Spawned(Place::Worker(1), 101), now);
    let end = End::Code(NO_APP.into());
    let actions = without_words(state.on(Event::Ended(101, end), now));
    assert_eq!(actions, [Action::End(NO_APP)]);
}

#[test]
fn a_reload_takes_all_processes_along() {
    let now = Instant::now();
    let mut state = running(now);
    assert_eq!(state.on(Event::Reload, now), [Action::StartAnew(elders(&[101, 102], &[]))]);
    state.on(Event::StopNow, now);
    assert_eq!(state.on(Event::Reload, now), []);
}

#[test]
fn only_the_overdue_worker_is_killed() {
    let now = Instant::now();
    let mut state = running(now);
    assert_eq!(state.on(Event::Overdue(2), now), [Action::Kill(102)]);
    state.on(Event::Stop, now);
    assert_eq!(state.on(Event::Overdue(2), now), [Action::Kill(102)], "also while it stops");
}

/// A server with these daemons whose workers 1 and 2 have the pids 101 and 102 and serve, and whose
/// daemons have the pids from 201 on.
fn attended(ties: &[Tie], now: Instant) -> State {
    let rules = Rules { daemons: ties.to_vec(), ..rules() };
    let mut state = State::new(rules, &Living::default(), now);
    state.on(Event::Started, now);
    for number in 1..=2 {
        let pid = 100 + i32::try_from(number).expect("small");
        state.on(Event::Spawned(Place::Worker(number), pid), now);
        state.on(Event::Ready(Place::Worker(number)), now);
    }
    for (index, pid) in (0..ties.len()).zip(201..) {
        state.on(Event::Spawned(Place::Daemon(index), pid), now);
    }
    state
}

#[test]
fn a_daemon_that_ends_soon_waits_longer_each_time() {
    let mut now = Instant::now();
    let mut state = attended(&[Tie::Restarts], now);
    for (round, pid) in (1..=3).zip(201..) {
        let actions = without_words(state.on(Event::Ended(pid, End::Code(0)), now));
        assert_eq!(actions, [], "round {round}");
        now += Duration::from_millis(1000 * round - 1);
        assert_eq!(state.on(Event::Tick, now), [], "round {round}");
        now += Duration::from_millis(1);
        assert_eq!(state.on(Event::Tick, now), [Action::Spawn(Place::Daemon(0))]);
        state.on(Event::Spawned(Place::Daemon(0), pid + 1), now);
    }
    now += SHORT_SERVICE;
    let actions = without_words(state.on(Event::Ended(204, End::Code(0)), now));
    assert_eq!(actions, [Action::Spawn(Place::Daemon(0))]);
}

#[test]
fn the_end_of_a_controlling_daemon_stops_the_server() {
    let now = Instant::now();
    let mut state = attended(&[Tie::Controls], now);
    let actions = without_words(state.on(Event::Ended(201, End::Code(0)), now));
    assert_eq!(actions, [Action::Finish(101), Action::Finish(102)]);
}

#[test]
fn daemons_stop_after_the_workers_that_may_need_them() {
    let now = Instant::now();
    let mut state = attended(&[Tie::Restarts], now);
    let actions = without_words(state.on(Event::Stop, now));
    assert_eq!(actions, [Action::Finish(101), Action::Finish(102)]);
    assert_eq!(without_words(state.on(Event::Ended(101, End::Code(0)), now)), []);
    let actions = without_words(state.on(Event::Ended(102, End::Code(0)), now));
    assert_eq!(actions, [Action::Dismiss(201)]);
    let late = now + MERCY;
    assert_eq!(without_words(state.on(Event::Tick, late)), [Action::KillGroup(201)]);
    let actions = without_words(state.on(Event::Ended(201, End::Signal(9)), late));
    assert_eq!(actions, [Action::End(0)]);
}

#[test]
fn a_second_wish_to_stop_kills_daemons() {
    let now = Instant::now();
    let mut state = attended(&[Tie::Restarts], now);
    let actions = without_words(state.on(Event::StopNow, now));
    let interrupted = [Action::Interrupt(101), Action::Interrupt(102), Action::Dismiss(201)];
    assert_eq!(actions, interrupted);
    let actions = without_words(state.on(Event::StopNow, now));
    assert_eq!(actions[..3], interrupted);
    assert_eq!(actions[3..], [Action::KillGroup(201)]);
}

#[test]
fn after_a_reload_daemons_are_replaced_and_never_two() {
    let now = Instant::now();
    let rules = Rules { daemons: vec![Tie::Restarts], ..rules() };
    let mut state = State::new(rules, &elders(&[7], &[9]), now);
    let workers = [Action::Spawn(Place::Worker(1)), Action::Spawn(Place::Worker(2))];
    assert_eq!(state.on(Event::Started, now), workers);
    for number in 1..=2 {
        let pid = 100 + i32::try_from(number).expect("small");
        state.on(Event::Spawned(Place::Worker(number), pid), now);
    }
    assert_eq!(state.on(Event::Ready(Place::Worker(1)), now), []);
    let actions = state.on(Event::Ready(Place::Worker(2)), now);
    let done = Action::Report(Outcome::Done);
    assert_eq!(actions, [Action::Finish(7), Action::Retire(9), done]);
    assert_eq!(state.on(Event::Ended(7, End::Code(0)), now), []);
    let actions = state.on(Event::Ended(9, End::Code(0)), now);
    assert_eq!(actions, [Action::Spawn(Place::Daemon(0))]);
}

#[test]
fn a_daemon_waits_only_for_the_one_before_it_and_for_those_without_a_place() {
    let now = Instant::now();
    let rules = Rules { workers: 1, initial: 1, daemons: vec![Tie::Restarts; 2], ..rules() };
    let attend = |pid, index| Attendant { pid, index };
    let daemons = vec![attend(8, Some(0)), attend(9, None)];
    let mut state =
        State::new(rules, &Living { processes: vec![7], gateways: Vec::new(), daemons }, now);
    state.on(Event::Started, now);
    state.on(Event::Spawned(Place::Worker(1), 101), now);
    let actions = state.on(Event::Ready(Place::Worker(1)), now);
    let done = Action::Report(Outcome::Done);
    assert_eq!(actions, [Action::Finish(7), Action::Retire(8), Action::Retire(9), done]);
    let actions = state.on(Event::Ended(9, End::Code(0)), now);
    assert_eq!(actions, [Action::Spawn(Place::Daemon(1))]);
    let actions = state.on(Event::Ended(8, End::Code(0)), now);
    assert_eq!(actions, [Action::Spawn(Place::Daemon(0))]);
}

#[test]
fn a_reload_that_failed_leaves_daemons_alone_until_the_stop() {
    let now = Instant::now();
    let rules = Rules { workers: 0, initial: 0, ..rules() };
    let mut state = State::new(rules, &elders(&[7], &[9]), now);
    assert_eq!(state.on(Event::Started, now), []);
    assert_eq!(state.on(Event::Reload, now), [Action::StartAnew(elders(&[7], &[9]))]);
    assert_eq!(without_words(state.on(Event::Stop, now)), [Action::Terminate(7)]);
    let actions = without_words(state.on(Event::Ended(7, End::Code(0)), now));
    assert_eq!(actions, [Action::Dismiss(9)]);
    let actions = without_words(state.on(Event::Ended(9, End::Code(0)), now));
    assert_eq!(actions, [Action::End(0)]);
}

#[test]
fn a_chain_replaces_one_worker_at_a_time_with_one_more_that_stands_in() {
    let now = Instant::now();
    let mut state = running(now);
    assert_eq!(state.on(Event::ChainReload, now), [Action::Spawn(Place::Worker(3))]);
    assert_eq!(state.on(Event::ChainReload, now), [], "one at a time");
    state.on(Event::Spawned(Place::Worker(3), 103), now);
    let actions = without_words(state.on(Event::Ready(Place::Worker(3)), now));
    assert_eq!(actions, [Action::Finish(101)]);
    let actions = without_words(state.on(Event::Ended(101, End::Code(0)), now));
    assert_eq!(actions, [Action::Spawn(Place::Worker(1))]);
    state.on(Event::Spawned(Place::Worker(1), 104), now);
    let actions = without_words(state.on(Event::Ready(Place::Worker(1)), now));
    assert_eq!(actions, [Action::Finish(102)]);
    state.on(Event::Ended(102, End::Code(0)), now);
    state.on(Event::Spawned(Place::Worker(2), 105), now);
    let actions = without_words(state.on(Event::Ready(Place::Worker(2)), now));
    assert_eq!(actions, [Action::Finish(103)]);
    assert_eq!(without_words(state.on(Event::Ended(103, End::Code(0)), now)), []);
    assert_eq!(state.on(Event::ChainReload, now), [Action::Spawn(Place::Worker(3))]);
}

#[test]
fn a_chain_ends_where_the_new_code_does_not_load() {
    let now = Instant::now();
    let mut state = running(now);
    state.on(Event::ChainReload, now);
    state.on(Event::Spawned(Place::Worker(3), 103), now);
    let end = End::Code(NO_APP.into());
    assert_eq!(without_words(state.on(Event::Ended(103, end), now)), []);
    assert_eq!(without_words(state.on(Event::Tick, now + MERCY)), []);
    assert_eq!(state.staying().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn workers_come_and_go_as_they_are_needed() {
    let now = Instant::now();
    let rules = Rules { workers: 3, initial: 1, ..rules() };
    let mut state = State::new(rules, &Living::default(), now);
    assert_eq!(state.on(Event::Started, now), [Action::Spawn(Place::Worker(1))]);
    state.on(Event::Spawned(Place::Worker(1), 101), now);
    let actions = state.on(Event::Grow(9), now);
    assert_eq!(actions, [Action::Spawn(Place::Worker(2)), Action::Spawn(Place::Worker(3))]);
    state.on(Event::Spawned(Place::Worker(2), 102), now);
    state.on(Event::Spawned(Place::Worker(3), 103), now);
    assert_eq!(state.on(Event::Shrink(2), now), [Action::Finish(102)]);
    assert_eq!(state.staying().collect::<Vec<_>>(), [1, 3]);
    let actions = state.on(Event::Ended(102, End::Code(0)), now);
    assert_eq!(actions, [Action::Say("uWSGI worker 2 cheaped.".to_owned())]);
    let mut last = running(now);
    assert_eq!(last.on(Event::Shrink(2), now), [Action::Finish(102)]);
    assert_eq!(last.on(Event::Shrink(1), now), [], "one stays");
    // One that is wanted again while it finishes is replaced when it is gone.
    assert_eq!(state.on(Event::Shrink(3), now), [Action::Finish(103)]);
    assert_eq!(state.on(Event::Grow(2), now), [Action::Spawn(Place::Worker(2))]);
    let actions = without_words(state.on(Event::Ended(103, End::Code(0)), now));
    assert_eq!(actions, [Action::Spawn(Place::Worker(3))]);
}

#[test]
fn a_cheap_server_starts_its_workers_with_the_first_client() {
    let now = Instant::now();
    let mut state = State::new(Rules { cheap: true, ..rules() }, &Living::default(), now);
    assert_eq!(without_words(state.on(Event::Started, now)), []);
    assert!(state.is_cheap());
    let workers = [Action::Spawn(Place::Worker(1)), Action::Spawn(Place::Worker(2))];
    assert_eq!(state.on(Event::Wake, now), workers);
    assert!(!state.is_cheap());
    state.on(Event::Spawned(Place::Worker(1), 101), now);
    state.on(Event::Spawned(Place::Worker(2), 102), now);
    let actions = without_words(state.on(Event::GoCheap, now));
    assert_eq!(actions, [Action::Finish(101), Action::Finish(102)]);
    assert!(state.is_cheap());
    state.on(Event::Ended(101, End::Code(0)), now);
    state.on(Event::Ended(102, End::Code(0)), now);
    assert_eq!(state.on(Event::Wake, now), workers);
}

#[test]
fn a_pause_holds_for_workers_that_come_later() {
    let now = Instant::now();
    let mut state = running(now);
    let paused = [Action::Pause(101), Action::Pause(102)];
    assert_eq!(without_words(state.on(Event::Pause, now)), paused);
    state.on(Event::Ended(101, End::Signal(9)), now);
    let actions = state.on(Event::Spawned(Place::Worker(1), 103), now);
    assert_eq!(actions, [Action::Pause(103)]);
    let resumed = [Action::Resume(103), Action::Resume(102)];
    assert_eq!(without_words(state.on(Event::Pause, now)), resumed);
}

#[test]
fn a_slow_worker_is_warned_before_it_is_killed_where_that_is_wanted() {
    let now = Instant::now();
    let grace = Duration::from_secs(5);
    let mut state = running(now);
    state.rules.grace = Some(grace);
    assert_eq!(state.on(Event::Overdue(2), now), [Action::Warn(102)]);
    assert_eq!(state.on(Event::Overdue(2), now), []);
    assert!(state.is_going(2) && !state.is_going(1));
    let actions = without_words(state.on(Event::Tick, now + grace));
    assert_eq!(actions, [Action::Kill(102)]);
}

#[test]
fn new_workers_come_when_all_old_ones_have_finished() {
    let now = Instant::now();
    let mut state = running(now);
    assert_eq!(state.on(Event::ReloadWorkers, now), [Action::Finish(101), Action::Finish(102)]);
    let actions = state.on(Event::Ended(101, End::Code(0)), now);
    let words = Action::Say("worker 1 killed successfully (pid: 101)".to_owned());
    assert_eq!(actions, [words, Action::Spawn(Place::Worker(1))]);
}

#[test]
fn a_worn_worker_goes_when_another_one_stands_in_and_no_two_go_together() {
    let now = Instant::now();
    let mut state = running(now);
    assert_eq!(state.on(Event::Worn(1), now), [Action::Spawn(Place::Worker(3))]);
    assert_eq!(state.on(Event::Worn(2), now), []);
    state.on(Event::Spawned(Place::Worker(3), 103), now);
    assert_eq!(state.on(Event::Ready(Place::Worker(3)), now), [Action::Finish(101)]);
    assert_eq!(state.on(Event::Tick, now), [], "it is answering its last request");
    let actions = without_words(state.on(Event::Ended(101, End::Code(0)), now));
    assert_eq!(actions, [Action::Spawn(Place::Worker(1))]);
    state.on(Event::Spawned(Place::Worker(1), 104), now);
    assert_eq!(state.on(Event::Ready(Place::Worker(1)), now), [Action::Finish(102)]);
    state.on(Event::Ended(102, End::Code(0)), now);
    state.on(Event::Spawned(Place::Worker(2), 105), now);
    assert_eq!(state.on(Event::Ready(Place::Worker(2)), now), [Action::Finish(103)]);
    assert_eq!(without_words(state.on(Event::Ended(103, End::Code(0)), now)), []);
}

#[test]
fn a_worn_worker_that_dies_has_its_successor_already() {
    let now = Instant::now();
    let mut state = running(now);
    state.on(Event::Worn(1), now);
    let later = now + AGAIN;
    state.on(Event::Ended(101, End::Signal(9)), later);
    state.on(Event::Spawned(Place::Worker(1), 104), later);
    state.on(Event::Spawned(Place::Worker(3), 103), later);
    assert_eq!(state.on(Event::Ready(Place::Worker(1)), later), []);
    assert_eq!(state.on(Event::Ready(Place::Worker(3)), later), [Action::Finish(103)]);
}

#[test]
fn a_worn_worker_goes_on_where_its_successor_does_not_load_and_is_tried_again_later() {
    let now = Instant::now();
    let mut state = running(now);
    state.on(Event::Worn(1), now);
    state.on(Event::Spawned(Place::Worker(3), 103), now);
    let end = End::Code(NO_APP.into());
    assert_eq!(without_words(state.on(Event::Ended(103, end), now)), []);
    assert_eq!(state.on(Event::Tick, now + MERCY / 4), []);
    assert_eq!(state.on(Event::Tick, now + MERCY), [Action::Spawn(Place::Worker(3))]);
}

#[test]
fn old_workers_are_replaced_one_after_the_other() {
    let now = Instant::now();
    let mut state = running(now);
    let second = Duration::from_secs(1);
    state.rules.life = Life { most: Some(second * 100), delta: second * 10 };
    assert_eq!(state.on(Event::Tick, now + second * 99), []);
    let actions = without_words(state.on(Event::Tick, now + second * 100));
    assert_eq!(actions, [Action::Spawn(Place::Worker(3))]);
    assert_eq!(state.on(Event::Tick, now + second * 100), [], "asked for once");
    state.on(Event::Spawned(Place::Worker(3), 103), now + second * 100);
    let actions = state.on(Event::Ready(Place::Worker(3)), now + second * 100);
    assert_eq!(actions, [Action::Finish(101)]);
    let actions = without_words(state.on(Event::Tick, now + second * 110));
    assert_eq!(actions, [], "the second one waits for the first");
}

#[test]
fn a_worker_that_served_is_replaced_at_once_however_shortly_it_lived() {
    let now = Instant::now();
    let mut state = running(now);
    let actions = without_words(state.on(Event::Ended(101, End::Signal(9)), now));
    assert_eq!(actions, [Action::Spawn(Place::Worker(1))]);
}
