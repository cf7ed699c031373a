"""Whether `up` plays the demo town's streets, and what it says where it cannot."""

import pytest

from bocage.runtime import up
from bocage.runtime.up import Addresses

HERE = Addresses("127.0.0.1", 8400, 8401, "https://bocage.example", "https://bocage.example", "http://127.0.0.1:8400")


@pytest.mark.parametrize(("installed", "wish", "said"), [(True, "on", 0), (False, "on", 1), (True, "off", 0)])
def test_the_streets_are_played_where_sumo_is_and_one_sentence_says_that_it_is_not(
    installed: bool, wish: str, said: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up, "find_spec", lambda _name: object() if installed else None)
    told: list[str] = []
    programs = up.twin({"BOCAGE_TWIN": wish}, HERE, told.append)
    assert [(each.command[-2:], each.essential) for each in programs] == (
        [(["--to", HERE.local_url], False)] if installed and wish == "on" else []
    )
    assert len(told) == said and all("./bocage extras add city" in each for each in told)
