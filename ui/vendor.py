#!/usr/bin/env python3
"""Copy the browser libraries that pages use from npm's lock into the shell's static files.

`python ui/vendor.py` installs exactly what `package-lock.json` names and replaces `static/vendor`;
`python ui/vendor.py --check` does the same in a temporary folder and fails when one byte differs.
"""

import argparse
import filecmp
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

UI = Path(__file__).resolve().parent
VENDORED = UI.parent / "src" / "bocage" / "shell" / "static" / "vendor"

LATIN_FONTS = ("latin-wght-normal", "latin-ext-wght-normal")
FILES: dict[str, str] = {
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "htmx.org/LICENSE": "htmx/LICENSE",
    "uplot/dist/uPlot.min.css": "uplot/uplot.css",
    "uplot/LICENSE": "uplot/LICENSE",
    "zxing-wasm/dist/es/reader/index.js": "zxing/reader/index.js",
    "zxing-wasm/dist/es/share.js": "zxing/share.js",
    "zxing-wasm/dist/reader/zxing_reader.wasm": "zxing/zxing_reader.wasm",
    "zxing-wasm/LICENSE": "zxing/LICENSE",
    "@fontsource-variable/inter/LICENSE": "fonts/inter.LICENSE",
    "@fontsource-variable/bricolage-grotesque/LICENSE": "fonts/bricolage-grotesque.LICENSE",
} | {
    f"@fontsource-variable/{font}/files/{font}-{subset}.woff2": f"fonts/{font}-{subset}.woff2"
    for font in ("inter", "bricolage-grotesque")
    for subset in LATIN_FONTS
}
UPLOT_SCRIPT = "uplot/dist/uPlot.iife.min.js"


def install(folder: Path) -> Path:
    """Install the locked packages in `folder` without running their scripts; return its node_modules."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        if folder != UI:
            shutil.copy(UI / name, folder / name)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--omit=dev", "--silent"], cwd=folder, check=True)
    return folder / "node_modules"


def copy_into(target: Path, modules: Path) -> None:
    """Fill `target` (emptied first) with the files above, their licences and a list of versions."""
    shutil.rmtree(target, ignore_errors=True)
    for source, name in FILES.items():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_bytes((modules / source).read_bytes())
    # The minified build only sets a global; pages import modules, so one line makes it one.
    script = (modules / UPLOT_SCRIPT).read_text(encoding="utf-8")
    (target / "uplot" / "uplot.js").write_text(f"{script.rstrip()}\nexport default uPlot;\n", encoding="utf-8")
    packages = sorted({"/".join(source.split("/")[: 2 if source.startswith("@") else 1]) for source in FILES})
    described = (json.loads((modules / name / "package.json").read_text(encoding="utf-8")) for name in packages)
    lines = [f"{package['name']} {package['version']} {package['license']}\n" for package in described]
    (target / "VERSIONS").write_text("".join(lines), encoding="utf-8")


def differences(ours: Path, fresh: Path) -> list[str]:
    """Name each file that is missing, extra or different, relative to the vendor folder."""
    names = {path.relative_to(root).as_posix() for root in (ours, fresh) for path in root.rglob("*") if path.is_file()}
    return sorted(
        name
        for name in names
        if not (ours / name).is_file()
        or not (fresh / name).is_file()
        or not filecmp.cmp(ours / name, fresh / name, shallow=False)
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with a fresh copy and change nothing")
    if not parser.parse_args().check:
        copy_into(VENDORED, install(UI))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_into(folder / "vendor", install(folder))
        wrong = differences(VENDORED, folder / "vendor")
    for file in wrong:
        print(f"static/vendor/{file} is not what package-lock.json gives: run `python ui/vendor.py`", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
