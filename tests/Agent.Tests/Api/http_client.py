"""Sends requests to the agent with Python's HTTP client and prints one JSON object per response."""
import http.client
import json
import sys

HOST, PORT = "127.0.0.1", int(sys.argv[1])
connection = http.client.HTTPConnection(HOST, PORT, timeout=60)


def ask(name, method, path, body=None, headers=None, **more):
    # One connection for all requests: an unread rest of a rejected body must not affect the next request.
    connection.request(method, path, body=body, headers=headers or {}, **more)
    response = connection.getresponse()
    text = response.read().decode()
    print(json.dumps({
        "name": name,
        "status": response.status,
        "type": response.getheader("Content-Type"),
        "request_id": response.getheader("X-Request-Id"),
        "allow": response.getheader("Allow"),
        "body": text,
    }))


JSON = {"Content-Type": "application/json"}
ask("hello", "GET", "/")
ask("single", "POST", "/inference", json.dumps({"text": "what a lovely day"}), {**JSON, "X-Request-Id": "from-python"})
# An iterable is sent chunked.
ask("chunked", "POST", "/inference", iter([b'{"text": "this is', b' terrible"}']), JSON, encode_chunked=True)
ask("batch", "POST", "/inference/batch", json.dumps({"texts": ["what a lovely day", "this is terrible"]}), JSON)
ask("stream", "POST", "/inference/stream", json.dumps({"text": "what a lovely day"}), JSON)
ask("v2", "POST", "/v2/models/sentiment-linear-1/infer",
    json.dumps({"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["what a lovely day"]}]}), JSON)
ask("missing", "POST", "/inference", "{}", JSON)
ask("not json", "POST", "/inference", "{", JSON)
ask("empty", "POST", "/inference", "", JSON)
ask("form", "POST", "/inference", "text=hello", {"Content-Type": "application/x-www-form-urlencoded"})
ask("not allowed", "PUT", "/inference", "{}", JSON)
ask("not found", "GET", "/nowhere")
ask("head", "HEAD", "/nowhere")
ask("again", "POST", "/inference", json.dumps({"text": "what a lovely day"}), JSON)
