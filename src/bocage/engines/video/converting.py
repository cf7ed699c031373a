"""A TensorFlow.js graph model of convolutions to ONNX: only the operators that NanoDet's graph has, each checked.

Source of the formats: the TensorFlow.js converter's `model.json` (GraphDef as JSON and a weights manifest, float16
weights widened on reading) and ONNX operator set 17. Tensors stay as the graph has them (its convolutions are NHWC, so
each gets a transpose before and behind it; onnxruntime folds those).
"""

import base64
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from bocage.engines.video.types import VideoError

OPSET, IR_VERSION = 17, 8
NODES_LIMIT, WEIGHTS_LIMIT_BYTES = 20_000, 500_000_000
DTYPES = {"float32": np.float32, "int32": np.int32, "float16": np.float16}
TO_NCHW, TO_NHWC = [0, 3, 1, 2], [0, 2, 3, 1]


def convert(description: Path, target: Path) -> None:
    """Write the ONNX model of a `model.json` and the weights beside it.

    Raises:
        VideoError: a file is missing or too large, or the graph has an operator or attribute that is not known here.
    """
    try:
        model = json.loads(description.read_bytes())
        topology, [manifest] = model["modelTopology"]["node"], model["weightsManifest"]
        files = [description.parent / Path(name).name for name in manifest["paths"]]
        if sum(file.stat().st_size for file in files) > WEIGHTS_LIMIT_BYTES or len(topology) > NODES_LIMIT:
            raise VideoError(f"{description}: larger than any model known here")
        raw = b"".join(file.read_bytes() for file in files)
        made = _Graph(topology, _weights(manifest["weights"], raw)).model(model["signature"])
    except OSError as error:
        raise VideoError(f"{error.filename}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise VideoError(f"{description}: not a graph model as TensorFlow.js has them ({error!r})") from error
    target.write_bytes(made)


def _weights(manifest: list[dict[str, Any]], raw: bytes) -> dict[str, np.ndarray]:
    """Each constant by name; quantised floats are widened."""
    found, at = {}, 0
    for entry in manifest:
        stored = entry.get("quantization", {}).get("dtype", entry["dtype"])
        if stored not in DTYPES or entry["dtype"] not in DTYPES:
            raise VideoError(f"weight {entry['name']}: {stored} is not known here")
        count, dtype = math.prod(entry["shape"]), np.dtype(DTYPES[stored])
        values = np.frombuffer(raw, dtype, count, at).reshape(entry["shape"])
        found[entry["name"]] = values.astype(DTYPES[entry["dtype"]])
        at += count * dtype.itemsize
    if at != len(raw):
        raise VideoError(f"weights: {len(raw):,} bytes where {at:,} are described")
    return found


class _Graph:
    """The graph while it is rewritten, node by node in the order of their needs."""

    def __init__(self, nodes: list[dict[str, Any]], constants: dict[str, np.ndarray]) -> None:
        self._source = {node["name"]: node for node in nodes}
        self._constants = constants
        self._made: list[Any] = []
        self._tensors: dict[str, Any] = {}

    def model(self, signature: dict[str, Any]) -> bytes:
        helper, floats = onnx.helper, onnx.TensorProto.FLOAT

        def described(values: dict[str, Any]) -> list[Any]:
            shapes = {name: [int(each["size"]) for each in v["tensorShape"]["dim"]] for name, v in values.items()}
            return [
                helper.make_tensor_value_info(_plain(name), floats, shape) for name, shape in sorted(shapes.items())
            ]

        inputs, outputs = described(signature["inputs"]), described(signature["outputs"])
        for name in self._in_order([each.name for each in outputs]):
            self._add(self._source[name])
        graph = helper.make_graph(self._made, "converted", inputs, outputs, list(self._tensors.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString())

    def _in_order(self, wanted: list[str]) -> list[str]:
        """Names that `wanted` rest on, each behind what it needs itself."""
        order: dict[str, None] = {}
        stack = [(name, False) for name in wanted]
        while stack:
            name, ready = stack.pop()
            if ready:
                order[name] = None
            elif name not in order:
                stack.append((name, True))
                stack += [(_plain(each), False) for each in self._source[name].get("input", [])]
        return list(order)

    def _add(self, node: dict[str, Any]) -> None:
        write: dict[str, Callable[[dict[str, Any], list[str]], None]] = {
            "Add": self._same("Add"),
            "AddV2": self._same("Add"),
            "Sigmoid": self._same("Sigmoid"),
            "Identity": self._same("Identity"),
            "LeakyRelu": self._leaky,
            "Conv2D": self._convolution,
            "MaxPool": self._pool,
            "Transpose": self._transpose,
            "Pad": self._pad,
            "PadV2": self._pad,
            "ConcatV2": self._concat,
            "SplitV": self._split,
            "ResizeBilinear": self._resize,
            "Reshape": self._reshape,
            "SparseToDense": self._sparse,
        }
        if node["op"] in ("Const", "Placeholder"):
            return
        if node["op"] not in write:
            raise VideoError(f"node {node['name']}: {node['op']} is not known here")
        inputs = [each for each in node.get("input", []) if not each.startswith("^")]
        if node["op"] in ("Add", "AddV2") and all(self._value(each) is not None for each in inputs):
            self._constants[node["name"]] = self._constant(inputs[0]) + self._constant(inputs[1])
            return
        write[node["op"]](node, inputs)

    def _value(self, name: str) -> np.ndarray | None:
        return self._constants.get(_plain(name))

    def _constant(self, name: str) -> np.ndarray:
        value = self._value(name)
        if value is None:
            raise VideoError(f"{name}: is computed where a constant is expected")
        return value

    def _tensor(self, name: str) -> str:
        """The name of an input in the new graph; a constant becomes an initialiser."""
        value = self._value(name)
        if value is None:
            return _output(name)
        return self._keep(_plain(name), value)

    def _keep(self, name: str, value: np.ndarray) -> str:
        if name not in self._tensors:
            self._tensors[name] = onnx.numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def _emit(self, op: str, inputs: list[str], outputs: list[str], **attributes: object) -> None:
        self._made.append(onnx.helper.make_node(op, inputs, outputs, **attributes))

    def _same(self, op: str) -> Callable[[dict[str, Any], list[str]], None]:
        def write(node: dict[str, Any], inputs: list[str]) -> None:
            self._emit(op, [self._tensor(each) for each in inputs], [node["name"]])

        return write

    def _leaky(self, node: dict[str, Any], inputs: list[str]) -> None:
        self._emit("LeakyRelu", [self._tensor(inputs[0])], [node["name"]], alpha=float(node["attr"]["alpha"]["f"]))

    def _window(self, node: dict[str, Any], field: str) -> list[int]:
        """Two numbers of a window over NHWC. Padding must be VALID: the graph pads by itself."""
        attributes = node["attr"]
        if base64.b64decode(attributes["padding"]["s"]) != b"VALID":
            raise VideoError(f"node {node['name']}: only VALID padding is known here")
        if base64.b64decode(attributes["data_format"]["s"]) != b"NHWC":
            raise VideoError(f"node {node['name']}: only NHWC is known here")
        one, high, wide, last = (int(each) for each in attributes[field]["list"]["i"])
        if (one, last) != (1, 1):
            raise VideoError(f"node {node['name']}: {field} over images or channels is not known here")
        return [high, wide]

    def _nhwc(self, op: str, node: dict[str, Any], inputs: list[str], **attributes: object) -> None:
        """An operator of ONNX, which knows NCHW, between two transposes."""
        name = node["name"]
        self._emit("Transpose", [self._tensor(inputs[0])], [f"{name}/nchw"], perm=TO_NCHW)
        self._emit(op, [f"{name}/nchw", *inputs[1:]], [f"{name}/result"], **attributes)
        self._emit("Transpose", [f"{name}/result"], [name], perm=TO_NHWC)

    def _convolution(self, node: dict[str, Any], inputs: list[str]) -> None:
        kernel = np.transpose(self._constant(inputs[1]), (3, 2, 0, 1))
        weights = self._keep(f"{node['name']}/kernel", kernel)
        strides, dilations = self._window(node, "strides"), self._window(node, "dilations")
        self._nhwc("Conv", node, [inputs[0], weights], strides=strides, dilations=dilations)

    def _pool(self, node: dict[str, Any], inputs: list[str]) -> None:
        self._nhwc(
            "MaxPool", node, inputs, kernel_shape=self._window(node, "ksize"), strides=self._window(node, "strides")
        )

    def _transpose(self, node: dict[str, Any], inputs: list[str]) -> None:
        order = self._constant(inputs[1]).tolist()
        self._emit("Transpose", [self._tensor(inputs[0])], [node["name"]], perm=order)

    def _pad(self, node: dict[str, Any], inputs: list[str]) -> None:
        sides = self._constant(inputs[1]).astype(np.int64)
        needed = [self._tensor(inputs[0]), self._keep(f"{node['name']}/sides", sides.T.reshape(-1))]
        if len(inputs) > 2:
            needed.append(self._keep(f"{node['name']}/fill", self._constant(inputs[2]).astype(np.float32)))
        self._emit("Pad", needed, [node["name"]], mode="constant")

    def _concat(self, node: dict[str, Any], inputs: list[str]) -> None:
        joined = [self._tensor(each) for each in inputs[:-1]]
        self._emit("Concat", joined, [node["name"]], axis=int(self._constant(inputs[-1])))

    def _split(self, node: dict[str, Any], inputs: list[str]) -> None:
        sizes, axis = self._constant(inputs[1]).astype(np.int64), int(self._constant(inputs[2]))
        parts = [_output(f"{node['name']}:{at}") for at in range(len(sizes))]
        kept = self._keep(f"{node['name']}/sizes", sizes)
        self._emit("Split", [self._tensor(inputs[0]), kept], parts, axis=axis)

    def _resize(self, node: dict[str, Any], inputs: list[str]) -> None:
        attributes = node["attr"]
        if attributes["align_corners"]["b"] or not attributes["half_pixel_centers"]["b"]:
            raise VideoError(f"node {node['name']}: only half-pixel centres are known here")
        name, [high, wide] = node["name"], self._constant(inputs[1]).tolist()
        self._emit("Transpose", [self._tensor(inputs[0])], [f"{name}/nchw"], perm=TO_NCHW)
        self._emit("Shape", [f"{name}/nchw"], [f"{name}/first"], end=2)
        size = self._keep(f"{name}/size", np.array([high, wide], dtype=np.int64))
        self._emit("Concat", [f"{name}/first", size], [f"{name}/sizes"], axis=0)
        way = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        self._emit("Resize", [f"{name}/nchw", "", "", f"{name}/sizes"], [f"{name}/result"], **way)
        self._emit("Transpose", [f"{name}/result"], [name], perm=TO_NHWC)

    def _reshape(self, node: dict[str, Any], inputs: list[str]) -> None:
        shape = self._keep(f"{node['name']}/shape", self._constant(inputs[1]).astype(np.int64))
        self._emit("Reshape", [self._tensor(inputs[0]), shape], [node["name"]])

    def _sparse(self, node: dict[str, Any], inputs: list[str]) -> None:
        """Constants alone: nothing is left of it in the new graph."""
        where, shape, values, fill = (self._constant(each) for each in inputs)
        dense = np.full(shape.reshape(-1), fill, dtype=values.dtype)
        if len(where):
            dense[tuple(where.reshape(-1, dense.ndim).T)] = values
        self._constants[node["name"]] = dense


def _plain(name: str) -> str:
    """`node:1` and `node` are outputs of one node."""
    return name.split(":")[0]


def _output(name: str) -> str:
    """The first output of a node goes by the node's name."""
    return name.removesuffix(":0")
