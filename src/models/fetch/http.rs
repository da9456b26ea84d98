//! One HTTP request for a model, or for the rest of it. The only file that knows ureq.

use std::io::{ErrorKind as IoErrorKind, Read};

use ureq::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, RANGE,
};
use ureq::http::{HeaderMap, HeaderName};

use super::{FetchOptions, Route};
use crate::error::{Error, ErrorKind};

/// Why a connection did not bring everything.
#[derive(Debug)]
pub(super) enum Failure {
    /// Trying again cannot help.
    Final(Error),
    /// May work later.
    Passing(String),
    /// Nobody answers; may work later, but most likely this machine has no connection.
    Unreachable(String),
    /// What has arrived so far cannot be continued.
    StartOver(&'static str),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Final(error)
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub url: &'a str,
    /// Bytes that are there already.
    pub from: u64,
    /// Validator of the file that they belong to.
    pub etag: Option<&'a str>,
    /// Size of the whole file.
    pub expected: u64,
}

/// Where an answer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// At the first byte.
    Whole,
    /// At the byte that was asked for.
    Rest,
}

/// An answer whose body has not been read.
pub(super) struct Answer {
    pub opening: Opening,
    pub etag: Option<String>,
    body: ureq::BodyReader<'static>,
}

impl Answer {
    /// The next bytes of the file; 0 at the end of the body.
    pub fn read(&mut self, block: &mut [u8]) -> Result<usize, Failure> {
        loop {
            match self.body.read(block) {
                Ok(read) => return Ok(read),
                Err(cause) if cause.kind() == IoErrorKind::Interrupted => {}
                Err(cause) => return Err(Failure::Passing(cause.to_string())),
            }
        }
    }
}

/// Makes connections.
pub(super) struct Client {
    agent: ureq::Agent,
}

impl Client {
    pub fn new(options: &FetchOptions) -> Client {
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_resolve(Some(options.connect_timeout))
            .timeout_connect(Some(options.connect_timeout))
            .timeout_send_request(Some(options.stall_timeout))
            .timeout_recv_response(Some(options.stall_timeout))
            .timeout_per_read(Some(options.stall_timeout))
            .max_idle_connections(0)
            .user_agent(concat!("verbatim/", env!("CARGO_PKG_VERSION")));
        if options.route == Route::Direct {
            config = config.proxy(None);
        }
        Client {
            agent: config.build().new_agent(),
        }
    }

    /// Asks for the bytes from `request.from` on.
    pub fn open(&self, request: &Request) -> Result<Answer, Failure> {
        let mut call = self
            .agent
            .get(request.url)
            .header(ACCEPT_ENCODING, "identity");
        if request.from > 0 {
            call = call.header(RANGE, format!("bytes={}-", request.from));
            // A weak validator may not be used in If-Range; the answer's own is compared below.
            if let Some(etag) = request.etag.filter(|etag| etag.starts_with('"')) {
                call = call.header(IF_RANGE, etag);
            }
        }
        let response = call.call().map_err(|cause| no_answer(request, cause))?;
        let (parts, body) = response.into_parts();
        let opening = judge(request, parts.status.as_u16(), &parts.headers)?;
        Ok(Answer {
            opening,
            etag: text(&parts.headers, &ETAG).map(str::to_owned),
            body: body.into_reader(),
        })
    }
}

/// What the status and the headers say about the body.
fn judge(request: &Request, status: u16, headers: &HeaderMap) -> Result<Opening, Failure> {
    let number = |name| text(headers, name).and_then(|value| value.trim().parse::<u64>().ok());
    match status {
        200 => {
            if let Some(encoding) = text(headers, &CONTENT_ENCODING).filter(|e| *e != "identity") {
                return Err(Failure::Final(refused(
                    request,
                    &format!("answers with {encoding} encoding, which was not asked for"),
                )));
            }
            match number(&CONTENT_LENGTH).filter(|length| *length != request.expected) {
                Some(length) => Err(Failure::Final(other_file(
                    request.url,
                    request.expected,
                    Some(length),
                ))),
                None => Ok(Opening::Whole),
            }
        }
        206 => {
            let range = text(headers, &CONTENT_RANGE).and_then(content_range);
            let Some((_, total)) = range.filter(|(start, _)| *start == request.from) else {
                return Err(Failure::StartOver(
                    "the server sends another part of the file",
                ));
            };
            if let Some(total) = total.filter(|total| *total != request.expected) {
                return Err(Failure::Final(other_file(
                    request.url,
                    request.expected,
                    Some(total),
                )));
            }
            match (request.etag, text(headers, &ETAG)) {
                (Some(before), Some(now)) if before != now => Err(Failure::StartOver(
                    "the file on the server is another one than before",
                )),
                _ => Ok(Opening::Rest),
            }
        }
        416 if request.from > 0 => Err(Failure::StartOver(
            "the server's file ends before what had arrived",
        )),
        404 | 410 => Err(Failure::Final(refused(
            request,
            &format!("has no such file (HTTP {status})"),
        ))),
        408 | 425 | 429 | 500..=599 => Err(Failure::Passing(format!(
            "the server answers HTTP {status}"
        ))),
        _ => Err(Failure::Final(refused(
            request,
            &format!("refuses (HTTP {status})"),
        ))),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Start and total size of `bytes 100-199/200`; the total may be `*`.
fn content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.trim().strip_prefix("bytes ")?.split_once('/')?;
    let start = range.split_once('-')?.0.trim().parse().ok()?;
    match total.trim() {
        "*" => Some((start, None)),
        total => Some((start, Some(total.parse().ok()?))),
    }
}

fn no_answer(request: &Request, cause: ureq::Error) -> Failure {
    let line = cause.to_string();
    match cause {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => Failure::Unreachable(line),
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => {
            Failure::Unreachable(line)
        }
        ureq::Error::Io(io) => match io.kind() {
            // These come from a server that answered; all others, a name that is not found among
            // them, say that nobody was reached.
            IoErrorKind::ConnectionReset
            | IoErrorKind::ConnectionAborted
            | IoErrorKind::BrokenPipe
            | IoErrorKind::UnexpectedEof
            | IoErrorKind::TimedOut
            | IoErrorKind::WouldBlock => Failure::Passing(line),
            // This is how a certificate that does not check out arrives.
            IoErrorKind::InvalidData => {
                Failure::Final(refused(request, "cannot be trusted").because(io).hint(
                    "check this machine's date; a network that replaces certificates needs a \
                     --mirror of its own",
                ))
            }
            _ => Failure::Unreachable(line),
        },
        ureq::Error::Timeout(_) | ureq::Error::Protocol(_) | ureq::Error::BodyStalled => {
            Failure::Passing(line)
        }
        other => Failure::Final(refused(request, "cannot be asked").because(other)),
    }
}

fn refused(request: &Request, what: &str) -> Error {
    Error::new(ErrorKind::Network, format!("{} {what}", request.url))
        .hint("try again later, with another --mirror or without one")
}

/// The server has a file of another size: another model, or the login page of a network.
pub(super) fn other_file(url: &str, expected: u64, length: Option<u64>) -> Error {
    let length = match length {
        Some(length) => format!("{length} bytes"),
        None => "more bytes".to_owned(),
    };
    Error::new(
        ErrorKind::Network,
        format!("{url} is another file: {length} where the model has {expected}"),
    )
    .hint("check --mirror, and that the network does not answer with a login page")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    const REST: Request = Request {
        url: "https://mirror.example/m.bin",
        from: 100,
        etag: Some("\"a\""),
        expected: 200,
    };

    #[test]
    fn a_rest_is_taken_only_where_it_fits() {
        let judged = |range: &str, etag: &str| {
            judge(
                &REST,
                206,
                &headers(&[("content-range", range), ("etag", etag)]),
            )
        };
        assert_eq!(judged("bytes 100-199/200", "\"a\"").unwrap(), Opening::Rest);
        assert_eq!(judged("bytes 100-199/*", "\"a\"").unwrap(), Opening::Rest);
        let over = |answer| matches!(answer, Err(Failure::StartOver(_)));
        assert!(over(judged("bytes 100-199/200", "\"b\"")));
        assert!(over(judged("bytes 0-199/200", "\"a\"")));
        assert!(over(judged("nonsense", "\"a\"")));
        assert!(over(judge(&REST, 416, &headers(&[]))));
        let other = judged("bytes 100-299/300", "\"a\"");
        assert!(matches!(other, Err(Failure::Final(_))));
    }

    #[test]
    fn statuses_are_sorted_into_hopeless_and_passing() {
        let judged = |status| judge(&REST, status, &headers(&[("content-length", "200")]));
        assert_eq!(judged(200).unwrap(), Opening::Whole);
        for status in [408, 429, 500, 503] {
            assert!(matches!(judged(status), Err(Failure::Passing(_))));
        }
        for status in [204, 304, 401, 403, 404, 410] {
            assert!(matches!(judged(status), Err(Failure::Final(_))));
        }
        let page = judge(&REST, 200, &headers(&[("content-length", "1234")]));
        assert!(matches!(page, Err(Failure::Final(_))));
    }

    #[test]
    fn content_ranges_are_read_or_refused() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range(" bytes 5-9/* "), Some((5, None)));
        for odd in ["", "bytes */10", "5-9/10", "bytes 5/10", "bytes 5-9/ten"] {
            assert_eq!(content_range(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_server_that_answered_is_told_from_one_that_was_never_reached() {
        let io = |kind: IoErrorKind| no_answer(&REST, ureq::Error::Io(kind.into()));
        for kind in [IoErrorKind::ConnectionRefused, IoErrorKind::Other] {
            assert!(matches!(io(kind), Failure::Unreachable(_)), "{kind}");
        }
        for kind in [IoErrorKind::ConnectionReset, IoErrorKind::UnexpectedEof] {
            assert!(matches!(io(kind), Failure::Passing(_)), "{kind}");
        }
        assert!(matches!(io(IoErrorKind::InvalidData), Failure::Final(_)));
        let slow = ureq::Error::Timeout(ureq::Timeout::RecvResponse);
        assert!(matches!(no_answer(&REST, slow), Failure::Passing(_)));
        let odd = ureq::Error::TooManyRedirects;
        assert!(matches!(no_answer(&REST, odd), Failure::Final(_)));
    }
}
