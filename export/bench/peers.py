"""What other optimisers make of an ONNX file, for measuring alone; the product itself runs no Python.

    peers.py prepare IN.onnx FOLDER   writes each peer's file; one JSON object a line: {name, precision, file | error}
    peers.py openvino                 times OpenVINO: one JSON request a line in, one JSON answer a line out
"""

import json
import logging
import os
import sys
import time


def say(message):
    print(json.dumps(message), file=answers, flush=True)


# Libraries print on standard output as they please; answers go to what it was before.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
logging.disable(logging.WARNING)


def heads_and_width(model):
    """[heads, hidden], told by the constant shape [.., heads, width] that the queries are split by; 0, 0 unknown."""
    import numpy
    from onnx import numpy_helper

    for initializer in model.graph.initializer:
        if initializer.data_type == 7 and list(initializer.dims) == [4]:
            shape = numpy.asarray(numpy_helper.to_array(initializer))
            if shape[2] > 1 and shape[3] > 1:
                return int(shape[2]), int(shape[2] * shape[3])
    return 0, 0


def by_ort_transformers(source, target):
    import onnx
    from onnxruntime.transformers import optimizer

    heads, hidden = heads_and_width(onnx.load(source))
    optimizer.optimize_model(source, "bert", num_heads=heads, hidden_size=hidden).save_model_to_file(target)


def by_ort_fusions(source, target):
    import onnx_ir
    from onnxscript.rewriter.ort_fusions import optimize_for_ort

    made = optimize_for_ort(onnx_ir.load(source))
    onnx_ir.save(made[0] if isinstance(made, tuple) else made, target)


def by_quantize_dynamic(source, target):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, target, weight_type=QuantType.QInt8)


def prepare(source, folder):
    peers = [
        ("ort.transformers", "fp32", by_ort_transformers, source),
        ("optimize_for_ort", "fp32", by_ort_fusions, source),
        ("quantize_dynamic", "int8", by_quantize_dynamic, source),
        ("optimize_for_ort + quantize_dynamic", "int8", by_quantize_dynamic, os.path.join(folder, "peer-1.onnx")),
    ]
    for place, (name, precision, make, origin) in enumerate(peers):
        file = os.path.join(folder, f"peer-{place}.onnx")
        start = time.perf_counter()
        try:
            make(origin, file)
            say({"name": name, "precision": precision, "file": file, "seconds": time.perf_counter() - start})
        except Exception as error:
            say({"name": name, "precision": precision, "error": f"{type(error).__name__}: {error}"[:300]})


def openvino():
    import numpy
    import openvino

    core = openvino.Core()
    requests = {}
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if "open" in asked:
                settings = {
                    "INFERENCE_NUM_THREADS": asked["threads"],
                    "PERFORMANCE_HINT": "LATENCY",
                    "NUM_STREAMS": 1,
                }
                if asked["exact"]:
                    settings["INFERENCE_PRECISION_HINT"] = "f32"
                compiled = core.compile_model(asked["file"], "CPU", settings)
                requests[asked["open"]] = compiled.create_infer_request()
                say({"opened": asked["open"]})
                continue
            request = requests[asked["run"]]
            feeds = {
                name: numpy.asarray(feed["data"], dtype=feed["dtype"]).reshape(feed["shape"])
                for name, feed in asked["feeds"].items()
            }
            request.infer(feeds)
            start, used = time.perf_counter(), time.process_time()
            for _ in range(asked["times"]):
                request.infer(feeds)
            seconds = time.perf_counter() - start
            processor = time.process_time() - used
            output = request.get_output_tensor(0).data.astype("float64").ravel().tolist()
            times = asked["times"]
            say({"milliseconds": 1000 * seconds / times, "processorMilliseconds": 1000 * processor / times, "output": output})
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"[:300]})


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare(sys.argv[2], sys.argv[3])
    else:
        openvino()
