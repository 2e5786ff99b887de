"""A client that others wrote, over HTTP with binary tensors and over gRPC, gets the logits of /v1/predict.

    pip install 'tritonclient[http,grpc]'
    npx retort serve --port 8080 --grpc-port 8081 &
    python test/compatibility/tritonclient_logits.py 127.0.0.1:8080 127.0.0.1:8081

Not part of npm test: it needs Python and the network. Prints a line a check and exits with 1 when one fails.
"""

import json
import sys
import urllib.request

import numpy as np
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http

TEXTS = ["房间很干净，服务也好。", "太差了，再也不来", "", "book 👍 电脑很好", "𠮷野家的味道" * 20]
MODEL = sys.argv[3] if len(sys.argv) > 3 else "student"


def predicted(address: str) -> np.ndarray:
    body = json.dumps({"texts": TEXTS, "logits": True, "model": MODEL}).encode()
    request = urllib.request.Request(
        f"http://{address}/v1/predict", body, {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        return np.array([r["logits"] for r in json.load(response)["results"]], np.float32)


def text_input(module) -> list:
    tensor = module.InferInput("text", [len(TEXTS)], "BYTES")
    tensor.set_data_from_numpy(np.array([t.encode() for t in TEXTS], np.object_))
    return [tensor]


def id_inputs(module, **options) -> list:
    ids = np.array([[5, 6, 7, 8], [9, 10, 0, 0]], np.int64)
    lengths = np.array([4, 2], np.int32)
    tensors = [
        module.InferInput("input_ids", list(ids.shape), "INT64"),
        module.InferInput("sequence_lengths", list(lengths.shape), "INT32"),
    ]
    for tensor, values in zip(tensors, [ids, lengths]):
        tensor.set_data_from_numpy(values, **options)
    return tensors


def main() -> int:
    http = over_http.InferenceServerClient(sys.argv[1])
    grpc = over_grpc.InferenceServerClient(sys.argv[2])
    failures = 0

    def check(what: str, holds: bool) -> None:
        nonlocal failures
        failures += not holds
        print("ok  " if holds else "FAIL", what)

    for name, client in ("http", http), ("grpc", grpc):
        check(f"{name}: live, ready, model ready", client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL))
    metadata = http.get_model_metadata(MODEL)
    check("metadata of both", metadata["inputs"][0]["name"] == grpc.get_model_metadata(MODEL).inputs[0].name)
    check("extensions", "binary_tensor_data" in http.get_server_metadata()["extensions"])
    check("repository index", any(m["name"] == MODEL for m in http.get_model_repository_index()))
    check("repository index over grpc", any(m.name == MODEL for m in grpc.get_model_repository_index().models))

    expected = predicted(sys.argv[1])
    answers = {
        "http binary": http.infer(MODEL, text_input(over_http)),
        "http binary, gzip": http.infer(MODEL, text_input(over_http), request_compression_algorithm="gzip"),
        "http binary, named outputs": http.infer(
            MODEL,
            text_input(over_http),
            outputs=[over_http.InferRequestedOutput("logits"), over_http.InferRequestedOutput("label", binary_data=False)],
        ),
        "grpc raw": grpc.infer(MODEL, text_input(over_grpc)),
    }
    for name, answer in answers.items():
        logits = answer.as_numpy("logits")
        check(f"{name}: logits {logits.shape} equal to /v1/predict, bit for bit", np.array_equal(logits, expected))
    ids = {
        "http": http.infer(MODEL, id_inputs(over_http, binary_data=True)),
        "http json": http.infer(MODEL, id_inputs(over_http, binary_data=False), request_id="7"),
        "grpc": grpc.infer(MODEL, id_inputs(over_grpc)),
    }
    first = ids["http"].as_numpy("logits")
    check("ids: all three alike", all(np.array_equal(first, one.as_numpy("logits")) for one in ids.values()))
    check("id is echoed", ids["http json"].get_response()["id"] == "7")

    for name, client in ("http", http), ("grpc", grpc):
        try:
            client.infer("no-such-model", text_input(over_http if name == "http" else over_grpc))
            check(f"{name}: an unknown model is refused", False)
        except Exception as error:
            check(f"{name}: an unknown model is refused: {error}", "no-such-model" in str(error))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
