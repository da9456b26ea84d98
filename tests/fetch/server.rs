//! A server on this machine that answers each request as its script says.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How one request is answered. Ranges are honoured unless it says otherwise.
#[derive(Clone, Debug)]
pub enum Reply {
    /// As it should be.
    Whole,
    /// The connection ends after this many bytes of the body.
    Cut(usize),
    /// Nothing comes after this many bytes of the body, and the connection stays open.
    Stall(usize),
    /// Not even a status comes.
    Mute,
    /// As it should be, with a pause in the middle.
    Slow(Duration),
    /// The whole file, whatever was asked for.
    NoRanges,
    /// Both.
    CutNoRanges(usize),
    /// As it should be, with another validator than the other answers have, and blind to `If-Range`.
    OtherEtag,
    /// Always a part of the file that nobody asked for.
    OddPart,
    /// The right length, other bytes.
    OtherBytes,
    /// So many bytes, announced.
    OtherSize(usize),
    /// So many bytes in chunks, not announced.
    Chunked(usize),
    /// A status without a body.
    Status(u16),
    /// Elsewhere.
    Redirect(String),
}

struct Shared {
    content: Vec<u8>,
    replies: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<String>>,
    closing: AtomicBool,
}

/// A running server; the last reply of its script repeats.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<thread::JoinHandle<()>>,
}

impl Server {
    pub fn start(content: Vec<u8>, replies: impl IntoIterator<Item = Reply>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            content,
            replies: Mutex::new(replies.into_iter().collect()),
            requests: Mutex::new(Vec::new()),
            closing: AtomicBool::new(false),
        });
        let of_server = Arc::clone(&shared);
        let acceptor = thread::spawn(move || {
            for stream in listener.incoming() {
                if of_server.closing.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&of_server);
                // A client that hangs up in the middle is part of these tests.
                thread::spawn(move || stream.and_then(|stream| serve(stream, &shared)).ok());
            }
        });
        Server {
            address,
            shared,
            acceptor: Some(acceptor),
        }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The `Range` header of every request so far.
    pub fn ranges(&self) -> Vec<Option<String>> {
        let requests = self.shared.requests.lock().unwrap();
        requests.iter().map(|request| range(request)).collect()
    }

    /// A request, up to the empty line.
    pub fn request(&self, at: usize) -> String {
        self.shared.requests.lock().unwrap()[at].clone()
    }

    /// Stops listening: connections are refused from now on.
    pub fn close(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        if let Some(acceptor) = self.acceptor.take() {
            TcpStream::connect(self.address).ok();
            acceptor.join().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}

fn range(request: &str) -> Option<String> {
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("range")
            .then(|| value.trim().to_owned())
    };
    request.lines().find_map(header)
}

fn serve(stream: TcpStream, shared: &Shared) -> Result<()> {
    let mut request = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    while !request.ends_with("\r\n\r\n") {
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
    }
    let reply = {
        shared.requests.lock().unwrap().push(request.clone());
        let mut replies = shared.replies.lock().unwrap();
        match replies.len() {
            0 => Reply::Status(500),
            1 => replies[0].clone(),
            _ => replies.pop_front().unwrap(),
        }
    };
    let from = range(&request)
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse()
                .ok()
        })
        .unwrap_or(0_usize);
    answer(stream, &reply, &shared.content, from)
}

fn answer(mut stream: TcpStream, reply: &Reply, content: &[u8], from: usize) -> Result<()> {
    match reply {
        Reply::Whole => {
            head(&mut stream, "one", content.len(), from)?;
            stream.write_all(&content[from..])
        }
        Reply::Cut(bytes) => {
            head(&mut stream, "one", content.len(), from)?;
            stream.write_all(&content[from..from + bytes])
        }
        Reply::Stall(bytes) => {
            head(&mut stream, "one", content.len(), from)?;
            stream.write_all(&content[from..from + bytes])?;
            until_hung_up(&mut stream)
        }
        Reply::Mute => until_hung_up(&mut stream),
        Reply::Slow(pause) => {
            head(&mut stream, "one", content.len(), from)?;
            let middle = from.midpoint(content.len());
            stream.write_all(&content[from..middle])?;
            thread::sleep(*pause);
            stream.write_all(&content[middle..])
        }
        Reply::NoRanges => {
            head(&mut stream, "one", content.len(), 0)?;
            stream.write_all(content)
        }
        Reply::CutNoRanges(bytes) => {
            head(&mut stream, "one", content.len(), 0)?;
            stream.write_all(&content[..*bytes])
        }
        Reply::OtherEtag => {
            head(&mut stream, "two", content.len(), from)?;
            stream.write_all(&content[from..])
        }
        Reply::OddPart => {
            head(&mut stream, "one", content.len(), 1_000)?;
            stream.write_all(&content[1_000..])
        }
        Reply::OtherBytes => {
            head(&mut stream, "one", content.len(), from)?;
            stream.write_all(&vec![7; content.len() - from])
        }
        Reply::OtherSize(bytes) => {
            head(&mut stream, "one", *bytes, 0)?;
            stream.write_all(&vec![7; *bytes])
        }
        Reply::Chunked(bytes) => chunked(&mut stream, content, *bytes),
        Reply::Status(status) => {
            write!(
                stream,
                "HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
        Reply::Redirect(to) => {
            write!(
                stream,
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
    }
}

fn head(stream: &mut TcpStream, etag: &str, total: usize, from: usize) -> Result<()> {
    let length = total - from;
    let status = match from {
        0 => "200 OK".to_owned(),
        _ => format!(
            "206 Partial Content\r\nContent-Range: bytes {from}-{}/{total}",
            total - 1
        ),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nETag: \"{etag}\"\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )
}

fn chunked(stream: &mut TcpStream, content: &[u8], bytes: usize) -> Result<()> {
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )?;
    let body: Vec<u8> = content
        .iter()
        .chain(&[7; 64])
        .take(bytes)
        .copied()
        .collect();
    for chunk in body.chunks(50_000) {
        write!(stream, "{:x}\r\n", chunk.len())?;
        stream.write_all(chunk)?;
        write!(stream, "\r\n")?;
    }
    write!(stream, "0\r\n\r\n")
}

/// Waits until the other side closes.
fn until_hung_up(stream: &mut TcpStream) -> Result<()> {
    let mut byte = [0];
    while stream.read(&mut byte)? > 0 {}
    Ok(())
}
