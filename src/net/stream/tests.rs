use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::{Wake, Waker};

use super::*;

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn reactor() -> tokio::runtime::Builder {
    #[expect(clippy::disallowed_methods, reason = "a test needs a reactor")]
    let mut reactor = tokio::runtime::Builder::new_current_thread();
    reactor.enable_all();
    reactor
}

fn pair() -> (Stream, UnixStream) {
    let (mine, theirs) = UnixStream::pair().expect("a pair of sockets");
    mine.set_nonblocking(true).expect("a socket that does not block");
    (Stream::new(mine.into(), None, None), theirs)
}

#[test]
fn a_reactor_hears_of_bytes_and_not_of_room_that_nobody_wants() {
    let news = Arc::new(AtomicUsize::new(0));
    let told = Arc::clone(&news);
    let (parks, parked) = mpsc::channel();
    let reactor = reactor()
        .on_thread_park(move || {
            // The peer listens for the first time only.
            let _ = parks.send(());
        })
        .on_thread_unpark(move || {
            told.fetch_add(1, Ordering::Relaxed);
        })
        .build()
        .expect("a reactor");
    let (mut stream, mut peer) = pair();
    #[expect(clippy::disallowed_methods, reason = "the other end of a test")]
    let reader = std::thread::spawn(move || {
        parked.recv().expect("a reactor that waits");
        peer.read_exact(&mut [0; 5]).expect("what was sent");
        std::thread::sleep(Duration::from_millis(30));
        peer.write_all(b"world").expect("room");
        peer
    });
    reactor.block_on(async {
        let mut sent = [IoSlice::new(b"hello")];
        stream.send(&mut sent, Duration::from_secs(5)).await.expect("room");
        let received = stream.receive(&mut BytesMut::new()).await.expect("an open socket");
        assert_eq!(received, 5);
    });
    reader.join().expect("a peer that read and wrote");
    assert_eq!(news.load(Ordering::Relaxed), 1);
}

#[test]
fn who_waits_for_room_while_reading_hears_of_both() {
    reactor().build().expect("a reactor").block_on(async {
        let (mut stream, mut peer) = pair();
        let wakes = Arc::new(Wakes::default());
        let waking = Waker::from(Arc::clone(&wakes));
        let mut context = Context::from_waker(&waking);
        let mut buffer = BytesMut::new();
        assert!(stream.poll_receive(&mut context, &mut buffer).is_pending());
        let bytes = vec![b'x'; 64 << 10];
        let mut sent = 0;
        while let Poll::Ready(written) = Pin::new(&mut stream).poll_write(&mut context, &bytes) {
            sent += written.expect("room");
        }
        // A task would look at what it reads, too.
        assert_eq!(wakes.0.swap(0, Ordering::Relaxed), 1, "the reading begins anew");
        assert!(stream.poll_receive(&mut context, &mut buffer).is_pending());
        peer.write_all(b"word").expect("room");
        sleep(Duration::from_millis(20)).await;
        assert!(wakes.0.swap(0, Ordering::Relaxed) > 0, "bytes have come");
        assert!(stream.poll_receive(&mut context, &mut buffer).is_ready());
        assert!(Pin::new(&mut stream).poll_write(&mut context, &bytes).is_pending());
        peer.read_exact(&mut vec![0; sent]).expect("what was sent");
        sleep(Duration::from_millis(20)).await;
        assert!(wakes.0.load(Ordering::Relaxed) > 0, "there is room");
        assert!(Pin::new(&mut stream).poll_write(&mut context, &bytes).is_ready());
    });
}
