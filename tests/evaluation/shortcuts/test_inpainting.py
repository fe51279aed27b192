import torch

from xaimed.evaluation.shortcuts.inpainting import inpainted


def test_what_is_known_stays_and_an_even_ground_is_continued():
    image = torch.rand(2, 3, 21, 21, generator=torch.Generator().manual_seed(0))
    masks = torch.zeros(2, 21, 21, dtype=torch.bool)
    masks[0, :8, :8] = masks[1, 5:9, 12:] = True
    filled = inpainted(image, masks)
    assert torch.equal(filled.where(~masks[:, None], 0), image.where(~masks[:, None], 0))
    even = torch.full((2, 3, 21, 21), -1.5)
    torch.testing.assert_close(inpainted(even.where(~masks[:, None], 9), masks), even)


def test_nothing_of_what_was_masked_is_left_and_nothing_lies_beyond_what_is_known():
    image = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    masks = torch.zeros(1, 16, 16, dtype=torch.bool)
    masks[0, 4:12, 4:12] = True
    changed = image.where(~masks[:, None], 100.0)
    assert torch.equal(inpainted(image, masks), inpainted(changed, masks))
    assert inpainted(changed, masks).amax() <= 1


def test_a_gap_in_a_slope_is_bridged():
    slope = torch.linspace(0, 1, 32).expand(1, 1, 32, 32)
    masks = torch.zeros(1, 32, 32, dtype=torch.bool)
    masks[0, :, 12:20] = True
    filled = inpainted(slope, masks)[0, 0, 16]
    assert (filled - slope[0, 0, 16]).abs().max() < 0.1
    assert (filled.diff() >= -1e-6).all()


def test_every_picture_is_filled_by_itself():
    images = torch.rand(3, 1, 9, 9, generator=torch.Generator().manual_seed(0))
    masks = torch.zeros(3, 9, 9, dtype=torch.bool)
    masks[:, 2:6, 3:] = True
    alone = torch.cat([inpainted(images[[at]], masks[[at]]) for at in range(3)])
    assert torch.equal(inpainted(images, masks), alone)
