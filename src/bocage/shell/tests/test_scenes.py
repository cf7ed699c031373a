"""Trees stand where they stood, whatever is planted after them."""

from hypothesis import given
from hypothesis import strategies as st

from bocage.shell import scenes
from bocage.shell.types import Tree


@given(st.integers(min_value=0, max_value=200), st.floats(min_value=0, max_value=1))
def test_every_tree_stands_inside_the_scene(count: int, growth: float) -> None:
    placed = scenes.place(scenes.grove(count, growth))
    assert len(placed) == min(count, scenes.MAX_TREES)
    for tree in placed:
        assert 0 < tree.x < scenes.WIDTH
        assert 0 < tree.y < scenes.HEIGHT
        assert 0 < tree.scale < 1.5
        assert 0 < tree.opacity <= 1
    assert [tree.y for tree in placed] == sorted(tree.y for tree in placed)


def test_a_forest_keeps_its_shape_as_it_grows() -> None:
    before = {(tree.x, tree.y) for tree in scenes.place(scenes.grove(9))}
    after = {(tree.x, tree.y) for tree in scenes.place(scenes.grove(10))}
    assert before < after


def test_a_tree_grows_from_a_seedling() -> None:
    sown, half, full = (scenes.place([Tree("oak", growth)])[0] for growth in (0.0, 0.5, 1.0))
    assert (sown.shape, half.shape, full.shape) == ("seedling", "oak", "oak")
    assert half.scale < full.scale
