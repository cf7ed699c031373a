#!/usr/bin/env python3
"""Draw the app's PNG icons from `icons/icon.svg` with a Chromium (`python ui/icons.py /usr/bin/chromium`).

Run once after the drawing changes; the pictures are kept in git. Needs Playwright.
"""

import re
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ICONS = Path(__file__).resolve().parent.parent / "src" / "bocage" / "shell" / "static" / "icons"
# A launcher may cut a maskable icon down to the middle 80 per cent: the drawing is made smaller on a full field.
MASKABLE_VIEW_BOX = "-8 -6 80 80"
SIZES = {"icon-192": 192, "icon-512": 512, "maskable-192": 192, "maskable-512": 512, "apple-touch-icon": 180}


def main(browser_path: str) -> None:
    drawing = (ICONS / "icon.svg").read_text(encoding="utf-8")
    full = drawing.replace('rx="15"', 'rx="0"')
    field = re.sub(r"<rect[^>]*>", '<rect x="-20" y="-20" width="120" height="120" fill="#1f4d3a"/>', full)
    maskable = field.replace('viewBox="0 0 64 64"', f'viewBox="{MASKABLE_VIEW_BOX}"')
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for name, size in SIZES.items():
            svg = drawing if name.startswith("icon") else maskable
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(f"<style>body{{margin:0}}svg{{display:block;width:{size}px;height:{size}px}}</style>{svg}")
            page.screenshot(path=ICONS / f"{name}.png", omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
