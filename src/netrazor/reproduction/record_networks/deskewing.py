"""Deskewing: each image sheared until upright and moved to the centre, by its own moments, in integers."""

from torch import Tensor, nn

from netrazor.reproduction.record_networks.moments import Moments
from netrazor.reproduction.record_networks.sampling import interpolated, offsets_from_middle


class Deskew(nn.Module):
    """From N x 1 x H x W images of whole numbers to their deskewed versions, of the same shape.

    The shear along the rows is the covariance of the two coordinates over the variance of the row coordinate,
    weighted by brightness, in 256ths; values between pixels are interpolated bilinearly. All arithmetic is on
    64-bit integers. The module has no parameters.
    """

    def forward(self, images: Tensor) -> Tensor:
        """Deskewed ``images``."""
        pixels = images[:, 0].long()
        _, height, width = pixels.shape
        moments = Moments.of(pixels)
        from_y, from_x = offsets_from_middle(height, width, pixels.device)
        y, x = moments.centre
        y, x = y + from_y, x + from_x + (moments.shear * from_y >> 8)
        return interpolated(pixels, y.expand_as(pixels), x)[:, None].to(images)
