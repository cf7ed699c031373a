"""One catalogue a language is made of all apps' own: the same words must say the same in each."""

from collections import defaultdict
from pathlib import Path

from babel.messages.pofile import read_po

SOURCE = Path(__file__).parents[2] / "src"


def test_no_two_apps_translate_the_same_words_differently() -> None:
    # Django merges the catalogues, and the first app in INSTALLED_APPS wins. What means something else has a context.
    said: dict[tuple[str, str | None, object], dict[str, object]] = defaultdict(dict)
    for path in sorted(SOURCE.rglob("locale/*/LC_MESSAGES/django.po")):
        app, language = path.parents[3].name, path.parents[1].name
        with path.open("rb") as source:
            for message in read_po(source):
                if message.id and message.string:
                    said[language, message.context, message.id][app] = message.string
    clashes = {key: apps for key, apps in said.items() if len(set(apps.values())) > 1}
    assert clashes == {}
    assert len(said) > 1_000
