"""A network that says which images it expects."""

from torch import Tensor, nn

from stn_lib import _validate


class ImageNetwork(nn.Sequential):
    """Layers for images (N, in_channels, *in_size); other images are refused in words.

    Raises:
        TypeError: images of an integer dtype.
        ValueError: another shape or dtype; in training, a single image before a batch norm of features.
    """

    def __init__(self, *layers, in_size: tuple[int, int], in_channels: int = 1):
        super().__init__(*layers)
        self.in_size = _validate.image_size(in_size)
        self.in_channels = in_channels

    def forward(self, images: Tensor) -> Tensor:
        _validate.images(images)
        _validate.dtype_of(self, images)
        expected = (self.in_channels, *self.in_size)
        if tuple(images.shape[1:]) != expected:
            raise ValueError(
                f"expected images of shape (N, {', '.join(map(str, expected))}) for this {type(self).__name__}, got "
                f"{_validate.shape_of(images)}: resize them, or build the network with their in_size and channels"
            )
        if self.training and images.shape[0] == 1 and any(isinstance(part, nn.BatchNorm1d) for part in self.modules()):
            raise ValueError(
                f"expected at least 2 images in training, got 1: this {type(self).__name__} holds a batch norm, and one "
                "image has no spread. Use DataLoader(drop_last=True), or eval() to predict"
            )
        return super().forward(images)
