"""A gRPC server and client made with grpcio, for comparing calls through the proxy with direct calls.

grpc_peer.py serve                serves gRPC on a free port of 127.0.0.1 and prints the port
grpc_peer.py serve-http1          serves the same methods over HTTP/1.1, with trailers in chunked responses
grpc_peer.py call PARTS PORT [CA]  makes the calls of some parts (statuses,messages,...) and prints each outcome; with CA over TLS

The methods are named after the four kinds of calls. The request metadata says how the server responds: x-code and x-message are
the final status, x-count is the number of messages before it.
"""
import hashlib
import http.server
import json
import sys
import threading
import time
import urllib.parse
from concurrent import futures

import grpc

KINDS = ("unary", "client-stream", "server-stream", "bidi")
MESSAGES = ("", "no such thing", "100 % naïve – 日本")
LARGE = 6 * 1024 * 1024
CODES = {code.value[0]: code for code in grpc.StatusCode}
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1), ("grpc.enable_retries", 0)]

cancelled = 0


def keep(data):
    return data


def digest(messages):
    return [len(messages), hashlib.sha256(b"|".join(messages)).hexdigest()[:16]]


class Methods(grpc.GenericRpcHandler):
    def service(self, details):
        kind = details.method.rsplit("/", 1)[1]
        metadata = dict(details.invocation_metadata)

        def respond(requests, context):
            global cancelled
            ended = threading.Event()
            context.add_callback(ended.set)
            if "x-hang" in metadata:
                if metadata["x-hang"] == "after-message":
                    yield b"first"
                if ended.wait(30):
                    cancelled += 1
                return
            if kind == "cancelled":
                yield str(cancelled).encode()
                return
            if metadata.get("x-headers"):
                context.send_initial_metadata((("x-initial", metadata["x-headers"]),))
            received = []
            for request in requests:
                received.append(request)
                if kind == "bidi":
                    yield request
            code, message = CODES[int(metadata.get("x-code", "0"))], json.loads(metadata.get("x-message", '""'))
            context.set_trailing_metadata((("x-trailer", "end"), ("x-data-bin", b"\x00\xff\x80")))
            if code is grpc.StatusCode.OK:
                context.set_details(message)
            if kind in ("unary", "client-stream"):
                if code is grpc.StatusCode.OK:
                    yield b"".join(received)
            else:
                for number in range(int(metadata.get("x-count", "0"))):
                    yield b"message %d" % number
            if code is not grpc.StatusCode.OK:
                context.abort(code, message)

        def respond_once(requests, context):
            return next(respond(requests, context), b"")

        if kind in ("unary", "cancelled"):
            return grpc.unary_unary_rpc_method_handler(lambda r, c: respond_once(iter([r]), c), keep, keep)
        if kind == "client-stream":
            return grpc.stream_unary_rpc_method_handler(respond_once, keep, keep)
        if kind == "server-stream":
            return grpc.unary_stream_rpc_method_handler(lambda r, c: respond(iter([r]), c), keep, keep)
        return grpc.stream_stream_rpc_method_handler(respond, keep, keep)


def serve():
    server = grpc.server(futures.ThreadPoolExecutor(16), options=OPTIONS)
    server.add_generic_rpc_handlers((Methods(),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()


class Http1Methods(http.server.BaseHTTPRequestHandler):
    """The same responses in the syntax of HTTP/1.1."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        kind = self.path.rsplit("/", 1)[1]
        body = b""
        if "Content-Length" in self.headers:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        else:
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline() not in (b"\r\n", b""):
                pass
        received = []
        while body:
            size = int.from_bytes(body[1:5], "big")
            received.append(body[5:5 + size])
            body = body[5 + size:]

        code = int(self.headers.get("x-code", "0"))
        message = json.loads(self.headers.get("x-message", '""'))
        status = [("grpc-status", str(code)), ("x-trailer", "end"), ("x-data-bin", "AP+A")]
        if message:
            status.append(("grpc-message", urllib.parse.quote(message, safe=" !\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~")))
        replies = received if kind == "bidi" else []
        if kind in ("unary", "client-stream"):
            replies = [b"".join(received)] if code == 0 else []
        else:
            replies = replies + [b"message %d" % number for number in range(int(self.headers.get("x-count", "0")))]

        self.send_response(200)
        self.send_header("Content-Type", "application/grpc")
        if self.headers.get("x-headers"):
            self.send_header("x-initial", self.headers["x-headers"])
        if not replies and not self.headers.get("x-headers"):
            for name, value in status:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for reply in replies:
            data = b"\0" + len(reply).to_bytes(4, "big") + reply
            self.wfile.write(b"%x\r\n" % len(data) + data + b"\r\n")
        self.wfile.write(b"0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in status).encode() + b"\r\n")

    def log_message(self, *arguments):
        pass


def serve_http1():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Http1Methods)
    print(server.server_port, flush=True)
    server.serve_forever()


class Client:
    def __init__(self, channel):
        self.channel = channel

    def call(self, kind, requests=(b"hello",), timeout=30, **metadata):
        """Makes one call and returns what a program sees of it."""
        metadata = [("x-" + name, str(value)) for name, value in metadata.items()]
        path, replies, call = "/peer.Peer/" + kind, [], None
        try:
            if kind in ("unary", "cancelled"):
                reply, call = self.channel.unary_unary(path, keep, keep).with_call(requests[0], timeout, metadata)
                replies.append(reply)
            elif kind == "client-stream":
                reply, call = self.channel.stream_unary(path, keep, keep).with_call(iter(requests), timeout, metadata)
                replies.append(reply)
            else:
                if kind == "server-stream":
                    call = self.channel.unary_stream(path, keep, keep)(requests[0], timeout, metadata)
                else:
                    call = self.channel.stream_stream(path, keep, keep)(iter(requests), timeout, metadata)
                for reply in call:
                    replies.append(reply)
        except grpc.RpcError as error:
            call = error
        interesting = lambda pairs: sorted((k, v if isinstance(v, str) else v.hex()) for k, v in pairs or () if k.startswith("x-") and k != "x-request-id")
        return {
            "code": call.code().name,
            "details": call.details(),
            "replies": digest(replies),
            "initial": interesting(call.initial_metadata()),
            "trailing": interesting(call.trailing_metadata()),
        }

    def statuses(self):
        for kind in KINDS:
            for code in CODES:
                for message in MESSAGES:
                    for variant in ({}, {"count": 3}, {"headers": "sent"}):
                        if "count" in variant and kind in ("unary", "client-stream"):
                            continue
                        name = f"{kind} {CODES[code].name} {message!r} {variant}"
                        # An empty bidirectional stream is the only one without a reply before the status.
                        requests = () if kind == "bidi" and not variant else (b"hello", b"world")
                        yield name, self.call(kind, requests, code=code, message=json.dumps(message), **variant)

    def messages(self):
        large = bytes(range(256)) * (LARGE // 256)
        for kind in KINDS:
            yield f"{kind} large", self.call(kind, (large,))
        yield "client-stream many", self.call("client-stream", [b"x" * (1000 * n) for n in range(200)])
        yield "server-stream many", self.call("server-stream", count=2000)
        yield "bidi many", self.call("bidi", [b"x" * (100 * n) for n in range(300)], count=5)
        yield "empty message", self.call("unary", (b"",))
        yield "no message", self.call("client-stream", ())

    def interruptions(self):
        for kind in KINDS:
            before = self.cancelled()
            yield f"{kind} deadline", self.call(kind, timeout=1, hang="before-message")
            yield f"{kind} deadline seen by the server", self.await_cancelled(before)
        for kind in ("server-stream", "bidi"):
            before = self.cancelled()
            yield f"{kind} deadline after a message", self.call(kind, timeout=2, hang="after-message")
            yield f"{kind} deadline after a message seen by the server", self.await_cancelled(before)

        before = self.cancelled()
        call = self.channel.unary_stream("/peer.Peer/server-stream", keep, keep)(b"", 30, [("x-hang", "after-message")])
        first = next(call)
        call.cancel()
        yield "cancelled stream", {"first": first.decode(), "code": call.code().name}
        yield "cancelled stream seen by the server", self.await_cancelled(before)

        before = self.cancelled()
        call = self.channel.unary_unary("/peer.Peer/unary", keep, keep).future(b"", 30, [("x-hang", "before-message")])
        time.sleep(0.5)
        call.cancel()
        yield "cancelled call", {"code": call.code().name}
        yield "cancelled call seen by the server", self.await_cancelled(before)

    def conversation(self):
        """Each request is sent after the reply to the one before, so nothing may be buffered."""
        turn = threading.Semaphore(1)

        def requests():
            for number in range(20):
                turn.acquire()
                yield b"%d" % number

        replies = []
        for reply in self.channel.stream_stream("/peer.Peer/bidi", keep, keep)(requests(), 30):
            replies.append(reply.decode())
            turn.release()
        yield "conversation", {"replies": replies}

    def cancelled(self):
        return int(self.channel.unary_unary("/peer.Peer/cancelled", keep, keep)(b"", 30))

    def await_cancelled(self, before):
        deadline = time.monotonic() + 20
        while (count := self.cancelled() - before) == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        return {"cancelled": count}


def main(arguments):
    if arguments[0] == "serve":
        serve()
    elif arguments[0] == "serve-http1":
        serve_http1()
    else:
        parts, port = arguments[1].split(","), arguments[2]
        if len(arguments) > 3:
            with open(arguments[3], "rb") as file:
                channel = grpc.secure_channel(f"localhost:{port}", grpc.ssl_channel_credentials(file.read()), OPTIONS)
        else:
            channel = grpc.insecure_channel(f"127.0.0.1:{port}", OPTIONS)
        with channel:
            client = Client(channel)
            for part in parts:
                for name, outcome in getattr(client, part)():
                    print(json.dumps([name, outcome], sort_keys=True), flush=True)


main(sys.argv[1:])
