"""The spatial transformer module: localisation network, grid generator and sampler in one layer."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stn_lib import _validate
from stn_lib._layout import as_laid_out
from stn_lib._precision import no_autocast, wide
from stn_lib._registry import look_up
from stn_lib.grid import affine_grid, projective_grid, tps_grid
from stn_lib.localization import start_at
from stn_lib.sampling import mean_of_samples, subpixel_grid
from stn_lib.transforms import control_points, projective


class Transform(NamedTuple):
    """A family of transforms: its parameters, and how a sampling grid is computed from them.

    Args:
        identity: the parameters (P,) at the start of training: those of the identity, if the family has it.
        theta: maps the localisation network's outputs (N, P) to theta.
        grid: maps theta, a size (N, C, H, W) and ``align_corners`` to a grid (N, H, W, 2).
    """

    identity: tuple[float, ...]
    theta: Callable[[Tensor], Tensor]
    grid: Callable[[Tensor, tuple[int, ...], bool], Tensor]


def _is_no_start(module: nn.Module, keys: object) -> None:
    module._start = ()  # loaded weights need not be the identity


def _affine_theta(parameters: Tensor) -> Tensor:
    return parameters.view(-1, 2, 3)  # row by row, as torch: (x, y, 1) coefficients of x, then of y


def _attention_theta(parameters: Tensor) -> Tensor:
    scale, tx, ty = parameters.unbind(1)
    zero = torch.zeros_like(scale)
    return torch.stack([scale, zero, tx, zero, scale, ty], 1).view(-1, 2, 3)


# Bound of a projective theta's last two parameters. Their sum stays below 0.9, so w stays above 0.1 in the image.
MAX_PERSPECTIVE = 0.45


def _projective_theta(parameters: Tensor) -> Tensor:
    # With a horizon inside the image there is no grid, so no optimiser step may end there. Close to the identity the bound
    # changes nothing: b tanh(p / b) has slope 1 at 0.
    perspective = MAX_PERSPECTIVE * torch.tanh(parameters[:, 6:] / MAX_PERSPECTIVE)
    return projective(torch.cat([parameters[:, :6], perspective], dim=1))


def _tps_theta(parameters: Tensor) -> Tensor:
    return parameters.view(-1, 16, 2)


def _tps_grid(theta: Tensor, size: tuple[int, ...], align_corners: bool) -> Tensor:
    return tps_grid(theta, size, align_corners=align_corners)


#: The registry of families. An entry is all that a family needs: `SpatialTransformer`, the networks in `stn_lib.models`
#: and the command line read it.
TRANSFORMS = {
    "affine": Transform((1, 0, 0, 0, 1, 0), _affine_theta, affine_grid),
    "attention": Transform((1, 0, 0), _attention_theta, affine_grid),
    "projective": Transform((1, 0, 0, 0, 1, 0, 0, 0), _projective_theta, projective_grid),
    "tps": Transform(tuple(control_points(dtype=torch.float64).flatten().tolist()), _tps_theta, _tps_grid),
}


def transform_family(transform: str | Transform) -> Transform:
    """The family of a name in `TRANSFORMS`; a `Transform` is returned as it is.

    Raises:
        ValueError: for an unknown name.

    Example:
        >>> transform_family("attention").identity
        (1, 0, 0)
    """
    if isinstance(transform, Transform):
        return transform
    return look_up("transform", transform, TRANSFORMS, " or a Transform")


class SpatialTransformer(nn.Module):
    """A layer that warps its input image U: it computes theta from U, and the output V by sampling U at theta's grid.

    Convention:
        theta maps OUTPUT to INPUT in normalised (x, y). The module starts at the identity: it writes zero weights and
        the identity's bias into the layer that outputs the parameters, and checks that nothing behind it changes them.
        The output has the images' dtype; coordinates are computed in float32 at least.

    Args:
        localization: maps (N, C, H, W) to (N, P). P is 6 for ``"affine"``, 3 (s, t_x, t_y) for ``"attention"``, 8 for
            ``"projective"`` (the last two bounded, so that the horizon stays outside the image) and 32 for
            ``"tps"``, a thin plate spline: the source points of 4 by 4 control points.
        out_size: (H, W) of the output image; that of the input if None.
        transform: a name in `TRANSFORMS`, or a `Transform` of your own, such as a bounded window.
        padding_mode: ``"zeros"``, ``"border"`` or ``"reflection"``.
        align_corners: as `torch.nn.functional.grid_sample`, for grid and sampler alike.
        samples: how many points along each axis of an output pixel are averaged; 2 or more where the window shrinks the
            image, see `stn_lib.sampling.antialiased_sample`.
        background: the value outside the image with padding ``"zeros"``. The background of a normalised image is not 0
            (MNIST's is -0.4242): zeros around it would draw a frame.

    Raises:
        ValueError: for an unknown transform or padding, a size that is no pair, a localisation network with another P
            or with an activation, dropout or norm behind its last layer, or with two last layers, a background that is not finite or has no
            effect. When it is called: images that are no batch or of another dtype than the weights.
        TypeError: when it is called: images of an integer dtype.

    Example:
        >>> from stn_lib.localization import ConvLocalization
        >>> st = SpatialTransformer(ConvLocalization((42, 42)), out_size=(28, 28))
        >>> tuple(st(torch.rand(5, 1, 42, 42)).shape)
        (5, 1, 28, 28)

    Source: Jaderberg et al. 2015, section 3.
    Chapter: 6
    """

    def __init__(
        self,
        localization: nn.Module,
        out_size: tuple[int, int] | None = None,
        transform: str | Transform = "affine",
        padding_mode: str = "zeros",
        align_corners: bool = False,
        background: float = 0.0,
        samples: int = 1,
    ):
        super().__init__()
        transform_family(transform)  # refuses an unknown name
        _validate.samples(samples)
        if padding_mode not in ("zeros", "border", "reflection"):
            raise ValueError(f"expected padding_mode 'zeros', 'border' or 'reflection', got {padding_mode!r}")
        if not isinstance(localization, nn.Module):
            raise TypeError(f"expected localization to be an nn.Module, got {type(localization).__name__}")
        if not isinstance(background, (int, float)) or not math.isfinite(background):
            raise ValueError(f"expected a finite background, got {background}")
        if background and padding_mode != "zeros":
            raise ValueError(
                f"expected padding_mode 'zeros' with a background, got {padding_mode!r}, which uses the image's own "
                "pixels outside: leave one of the two out"
            )
        self.localization = localization
        volumes = isinstance(out_size, Sequence) and len(out_size) == 3
        self.out_size = None if out_size is None else _validate.sides(out_size, "(D, H, W)" if volumes else "(H, W)")
        self.transform = transform
        self.padding_mode = padding_mode
        self.align_corners = align_corners
        self.background = background
        self.samples = samples
        self.start_at_identity()
        self.register_load_state_dict_post_hook(_is_no_start)

    def start_at_identity(self) -> None:
        """Write the identity start into the localisation network's last layer."""
        identity = torch.tensor(self.family.identity, dtype=torch.float64)
        self._start = (start_at(self.localization, identity),)  # in a tuple, otherwise it would be a second child

    @property
    def family(self) -> Transform:
        """The family of transforms of this module."""
        return transform_family(self.transform)

    def theta(self, images: Tensor) -> Tensor:
        """The theta that the localisation network predicts for U (N, C, H, W).

        Affine and attention give (N, 2, 3), projective (N, 3, 3), a thin plate spline (N, 16, 2).
        """
        self._check(images)
        _validate.dtype_of(self.localization, images)
        parameters = wide(
            self.localization(images)
        )  # in half precision a grid would be wrong by up to a fifth of a pixel
        outputs = len(self.family.identity)
        if parameters.ndim != 2 or parameters.shape[1] != outputs or parameters.shape[0] != images.shape[0]:
            raise ValueError(
                f"expected ({images.shape[0]}, {outputs}) from the localisation network, got "
                f"{_validate.shape_of(parameters)}: end it with nn.Flatten and a layer of {outputs} outputs"
            )
        self._check_start(parameters)
        with no_autocast(images.device):
            return self.family.theta(parameters)

    def grid(self, theta: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """The source point of each output pixel: (N, H, W, 2), normalised (x, y).

        Args:
            theta: as `theta` returns it.
            size: (H, W) of the grid; `out_size` if None.
        """
        size = self.out_size if size is None else size
        if size is None:
            raise ValueError("expected a size (H, W), got None: this module has no out_size of its own")
        return self.family.grid(theta, (theta.shape[0], 1, *size), self.align_corners)

    def sample(self, images: Tensor, theta: Tensor) -> Tensor:
        """V (N, C, *out_size), of U's dtype and memory format: U (N, C, H, W) sampled at theta, as `theta` returns it.

        One theta (1, …) serves all images. Coordinates are computed in float32 at least, also under autocast.
        """
        self._check(images)
        _validate.floating("theta", theta)
        if theta.ndim < 2:
            raise ValueError(f"expected a batch of theta, got {_validate.shape_of(theta)}: use theta()")
        if theta.shape[0] != images.shape[0]:
            if theta.shape[0] != 1:
                raise ValueError(
                    f"expected one theta for each of {images.shape[0]} images, or one for all, got {theta.shape[0]}"
                )
            theta = theta.expand(images.shape[0], *theta.shape[1:])
        background = self.background
        with no_autocast(images.device):  # a spline's grid is a matrix product
            theta = theta.to(torch.promote_types(wide(theta).dtype, images.dtype))
            grid = self.grid(theta, self.out_size or tuple(images.shape[2:]))
            _validate.finite_grid(grid, images.shape[2:])
            grid = subpixel_grid(grid, self.samples)
            pixels = images.to(grid.dtype)
            if background:  # 0 outside of U - background is background outside of U
                pixels = pixels - background
            fine = F.grid_sample(pixels, grid, padding_mode=self.padding_mode, align_corners=self.align_corners)
            warped = mean_of_samples(fine, self.samples)
            return as_laid_out(warped + background if background else warped, images).to(images.dtype)

    def forward(self, images: Tensor) -> Tensor:
        """The warped images V (N, C, *out_size) of U (N, C, H, W)."""
        return self.sample(images, self.theta(images))

    def _check(self, images: Tensor) -> None:
        _validate.floating("images", images, "convert it with .float(), and divide pixels by 255")
        if images.ndim != 5:  # volumes, of a Transform of one's own
            _validate.images(images)
        if 0 in images.shape[1:]:
            raise ValueError(f"expected images with at least one channel and pixel, got {_validate.shape_of(images)}")

    def _check_start(self, parameters: Tensor) -> None:
        """At the first call, check that the parameters are the identity. This finds a hook, for example, that changes them."""
        if not self._start or torch.compiler.is_compiling():
            return
        (layer,) = self._start
        identity = torch.tensor(self.family.identity, dtype=parameters.dtype, device=parameters.device)

        def near_identity(numbers: Tensor) -> Tensor:  # to about the precision of bfloat16, which autocast uses
            return ((numbers.detach().to(identity) - identity).abs() < 1e-2).all()

        untouched = _validate.holds(lambda: ~layer.weight.detach().any() & near_identity(layer.bias))
        started = untouched and _validate.holds(lambda: near_identity(parameters))
        if started is False and untouched:
            raise ValueError(
                f"expected a localisation network that outputs the bias of its last layer, {layer}, at the start, got "
                "other numbers: something follows that layer, or it is not the last in forward(). Register it "
                "last and return its output; to bound theta, write the bound into a Transform of your own"
            )
        if started is not None:  # else the values are not known yet
            self._start = ()

    def extra_repr(self) -> str:
        name = "own" if isinstance(self.transform, Transform) else self.transform
        return (
            f"transform={name!r}, out_size={self.out_size}, padding_mode={self.padding_mode!r}, "
            f"align_corners={self.align_corners}, background={self.background}, samples={self.samples}"
        )
