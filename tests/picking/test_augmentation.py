"""Changed images: as far as declared and no farther, the same again for the same seed."""

import pytest
import torch
from pydantic import ValidationError

from netrazor.picking import Augmentation

IMAGES = torch.rand(6, 3, 12, 12, generator=torch.Generator().manual_seed(0))


def changed(augmentation: Augmentation, images: torch.Tensor = IMAGES, seed: int = 0) -> torch.Tensor:
    return augmentation(images, torch.Generator().manual_seed(seed))


def test_nothing_declared_nothing_changed() -> None:
    assert torch.equal(changed(Augmentation()), IMAGES)


def test_the_smallest_bend_leaves_images_almost_as_they_are() -> None:
    torch.testing.assert_close(
        changed(Augmentation(rotation=1e-6))[..., 1:-1, 1:-1], IMAGES[..., 1:-1, 1:-1], atol=1e-4, rtol=0
    )


@pytest.mark.parametrize(
    "augmentation",
    [
        Augmentation(rotation=10),
        Augmentation(scale=0.2),
        Augmentation(shear=0.2),
        Augmentation(shift=2),
        Augmentation(elastic=1),
        Augmentation(flip=True),
        Augmentation(crop=2),
        Augmentation(erase=4),
    ],
)
def test_each_change_alone_is_seeded(augmentation: Augmentation) -> None:
    once = changed(augmentation)
    assert once.shape == IMAGES.shape
    assert torch.equal(once, changed(augmentation))
    assert not torch.equal(once, changed(augmentation, seed=1))
    assert not torch.equal(once, IMAGES)


def test_flips_mirror_whole_images() -> None:
    for before, after in zip(IMAGES, changed(Augmentation(flip=True)), strict=True):
        assert torch.equal(after, before) or torch.equal(after, before.flip(-1))


def test_crops_shift_by_whole_pixels() -> None:
    image = torch.zeros(50, 1, 9, 9)
    image[:, 0, 4, 4] = 1
    places = changed(Augmentation(crop=2), image).flatten(1).argmax(1)
    rows, columns = places // 9, places % 9
    assert {*rows.tolist(), *columns.tolist()} == {2, 3, 4, 5, 6}
    assert len(places.unique()) > 10, "each image has a shift of its own"


def test_a_square_is_erased() -> None:
    ones = torch.ones(40, 1, 9, 9)
    zeros = (changed(Augmentation(erase=4), ones) == 0).flatten(1).sum(1)
    assert int(zeros.max()) == 16
    assert int(zeros.min()) >= 1


def test_a_turn_turns_the_centre_into_itself() -> None:
    image = torch.zeros(1, 1, 9, 9)
    image[0, 0, 4, 4] = 1
    turned = changed(Augmentation(rotation=45), image)
    assert float(turned[0, 0, 4, 4]) == pytest.approx(1, abs=1e-5)


def test_ranges_are_not_negative() -> None:
    with pytest.raises(ValidationError):
        Augmentation(rotation=-1)
