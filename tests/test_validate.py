"""Arguments of the wrong kind: each is refused in this library's words, not in torch's."""

import inspect
import re

import numpy as np
import pytest
import torch

from stn_lib import coordinates, grid, sampling, transforms
from stn_lib import transforms as T

pytestmark = pytest.mark.filterwarnings("ignore:.*(nested tensors|quantiz|Sparse|quantis).*")

THETA, SQUARE = torch.eye(2, 3)[None], torch.eye(3)[None]
POINTS = torch.rand(1, 4, 2)
CORNERS = torch.tensor([[[-1.0, -1], [1, -1], [1, 1], [-1, 1]]])
IMAGES, GRID = torch.rand(1, 1, 8, 8), torch.rand(1, 5, 5, 2)
SIZE = (1, 1, 4, 4)

#: Each argument that must be a tensor: the call, and a tensor that it takes.
TENSORS = {
    "homogeneous(theta)": (T.homogeneous, THETA),
    "projective(parameters)": (T.projective, torch.rand(1, 8)),
    "homography(targets)": (lambda v: T.homography(v, CORNERS), CORNERS),
    "homography(sources)": (lambda v: T.homography(CORNERS, v), CORNERS),
    "apply(theta)": (lambda v: T.apply(v, POINTS), THETA),
    "apply(points)": (lambda v: T.apply(THETA, v), POINTS),
    "compose(outer)": (lambda v: T.compose(v, THETA), THETA),
    "compose(inner)": (lambda v: T.compose(THETA, v), THETA),
    "invert(theta)": (T.invert, THETA),
    "decompose(theta)": (T.decompose, THETA),
    "theta_to_pixel(theta)": (lambda v: T.theta_to_pixel(v, (8, 8)), THETA),
    "theta_to_normalized(theta)": (lambda v: T.theta_to_normalized(v, (8, 8)), THETA),
    "tps_weights(points)": (lambda v: T.tps_weights(v, CORNERS[0]), POINTS[0]),
    "tps_weights(controls)": (lambda v: T.tps_weights(POINTS[0], v), CORNERS[0]),
    "lattice_weights(points)": (T.lattice_weights, POINTS[0].double()),
    "affine_grid(theta)": (lambda v: grid.affine_grid(v, SIZE), THETA),
    "projective_grid(theta)": (lambda v: grid.projective_grid(v, SIZE), SQUARE),
    "tps_grid(theta)": (lambda v: grid.tps_grid(v, SIZE), torch.rand(1, 16, 2)),
    "tps_grid(controls)": (lambda v: grid.tps_grid(CORNERS, SIZE, v), CORNERS[0]),
    "normalized_to_pixel(points)": (lambda v: coordinates.normalized_to_pixel(v, (4, 4)), POINTS),
    "pixel_to_normalized(points)": (lambda v: coordinates.pixel_to_normalized(v, (4, 4)), POINTS),
    "grid_sample(input)": (lambda v: sampling.grid_sample(v, GRID), IMAGES),
    "grid_sample(grid)": (lambda v: sampling.grid_sample(IMAGES, v), GRID),
    "antialiased_sample(input)": (lambda v: sampling.antialiased_sample(v, GRID), IMAGES),
    "antialiased_sample(grid)": (lambda v: sampling.antialiased_sample(IMAGES, v), GRID),
    "subpixel_grid(grid)": (lambda v: sampling.subpixel_grid(v, 2), GRID),
    "linearized_sample(input)": (lambda v: sampling.linearized_sample(v, GRID), IMAGES),
    "linearized_sample(grid)": (lambda v: sampling.linearized_sample(IMAGES, v), GRID),
    "mean_of_samples(fine)": (lambda v: sampling.mean_of_samples(v, 2), IMAGES),
    "cubic_weights(t)": (sampling.cubic_weights, torch.rand(3)),
}
#: Each argument that may also be a number or a sequence of numbers.
NUMBERS = {
    "translation(shift)": (T.translation, torch.rand(1, 2)),
    "rotation(angle)": (T.rotation, torch.rand(3)),
    "scaling(scale)": (T.scaling, torch.rand(3)),
    "shear(amount)": (T.shear, torch.rand(3)),
    "attention(scale)": (lambda v: T.attention(v, (0.0, 0.0)), torch.rand(3)),
    "attention(shift)": (lambda v: T.attention(0.5, v), torch.rand(1, 2)),
}
#: Each argument that is one number, or a size, or a container of its own.
SINGLE = {
    "identity(batch)": (T.identity, 2),
    "control_points(rows)": (T.control_points, 3),
    "control_points(columns)": (lambda v: T.control_points(3, v), 3),
    "tps_weights(regularization)": (lambda v: T.tps_weights(POINTS[0], CORNERS[0], v), 0.5),
    "tps_grid(regularization)": (lambda v: grid.tps_grid(CORNERS, SIZE, CORNERS[0], v), 0.5),
    "subpixel_grid(samples)": (lambda v: sampling.subpixel_grid(GRID, v), 2),
    "mean_of_samples(samples)": (lambda v: sampling.mean_of_samples(IMAGES, v), 2),
    "antialiased_sample(samples)": (lambda v: sampling.antialiased_sample(IMAGES, GRID, v), 2),
    "linearized_sample(spread)": (lambda v: sampling.linearized_sample(IMAGES, GRID, v), 1.5),
    "linearized_sample(samples)": (lambda v: sampling.linearized_sample(IMAGES, GRID, 2.0, v), 4),
    "affine_grid(size)": (lambda v: grid.affine_grid(THETA, v), SIZE),
    "projective_grid(size)": (lambda v: grid.projective_grid(SQUARE, v), SIZE),
    "tps_grid(size)": (lambda v: grid.tps_grid(CORNERS, v, CORNERS[0]), SIZE),
    "base_grid(size)": (coordinates.base_grid, (4, 5)),
    "normalized_to_pixel(size)": (lambda v: coordinates.normalized_to_pixel(POINTS, v), (4, 5)),
    "pixel_to_normalized(size)": (lambda v: coordinates.pixel_to_normalized(POINTS, v), (4, 5)),
    "theta_to_pixel(in_size)": (lambda v: T.theta_to_pixel(THETA, v), (4, 5)),
    "theta_to_pixel(out_size)": (lambda v: T.theta_to_pixel(THETA, (4, 5), v), (4, 5)),
    "theta_to_normalized(in_size)": (lambda v: T.theta_to_normalized(THETA, v), (4, 5)),
    "theta_to_normalized(out_size)": (lambda v: T.theta_to_normalized(THETA, (4, 5), v), (4, 5)),
    "from_pixel_matrix(in_size)": (lambda v: T.from_pixel_matrix(THETA, v, direction="forward"), (4, 5)),
    "from_pixel_matrix(out_size)": (lambda v: T.from_pixel_matrix(THETA, (4, 5), v, direction="forward"), (4, 5)),
    "from_pixel_matrix(direction)": (lambda v: T.from_pixel_matrix(THETA, (4, 5), direction=v), "forward"),
    "from_pixel_matrix(axes)": (lambda v: T.from_pixel_matrix(THETA, (4, 5), direction="forward", axes=v), "xy"),
    "from_pixel_matrix(origin)": (lambda v: T.from_pixel_matrix(THETA, (4, 5), direction="forward", origin=v), "pixel"),
    "recompose(parts)": (T.recompose, T.decompose(THETA)),
    "grid_sample(mode)": (lambda v: sampling.grid_sample(IMAGES, GRID, v), "bilinear"),
    "grid_sample(padding_mode)": (lambda v: sampling.grid_sample(IMAGES, GRID, "bilinear", v), "border"),
    "antialiased_sample(mode)": (lambda v: sampling.antialiased_sample(IMAGES, GRID, 2, v), "bilinear"),
    "antialiased_sample(padding_mode)": (
        lambda v: sampling.antialiased_sample(IMAGES, GRID, 2, "nearest", v),
        "border",
    ),
    "linearized_sample(padding_mode)": (lambda v: sampling.linearized_sample(IMAGES, GRID, 2, 4, v), "border"),
}
MATRIX = {"from_pixel_matrix(matrix)": (lambda v: T.from_pixel_matrix(v, (8, 8), direction="forward"), THETA)}

# What a good tensor is replaced by.
NO_NUMBERS = {
    "None": lambda good: None,
    "a string": lambda good: "a",
    "a dictionary": lambda good: {},
    "a complex number": lambda good: 1j,
    "a complex array": lambda good: 1j * good.numpy(),
    "a generator": lambda good: (number for number in (1.0, 2.0)),
    "a complex tensor": lambda good: 1j * good,
    "a sparse tensor": lambda good: good.to_sparse(),
    "a nested tensor": lambda good: torch.nested.nested_tensor([good]),
    "a quantised tensor": lambda good: torch.quantize_per_tensor(good.float(), 0.1, 0, torch.qint8),
}
NO_TENSOR = {
    "a list": lambda good: good.tolist(),
    "an array": lambda good: good.numpy(),
    "a number": lambda good: 0.5,
    "a truth value": lambda good: True,
}
OF_ANOTHER_DTYPE = {
    "float8": lambda good: good.to(torch.float8_e4m3fn),
    "int32": lambda good: good.int(),
    "bool": lambda good: good.bool(),
}
NO_SINGLE = {
    "None": lambda good: None,
    "a string": lambda good: "a",
    "a dictionary": lambda good: {},
    "a list": lambda good: [0.5],
    "a complex number": lambda good: 1j,
    "an array": lambda good: np.array([0.5, 2.5]),
    "a tensor": lambda good: torch.rand(2, 3),
    "a sparse tensor": lambda good: torch.rand(2).to_sparse(),
    "NaN": lambda good: float("nan"),
    "infinity": lambda good: float("inf"),
    "a negative number": lambda good: -1,
}


def cases(arguments, kinds):
    return [
        pytest.param(*arguments[name], make, id=f"{name}: {kind}")
        for name in arguments
        for kind, make in kinds.items()
        # None is the default of these: the 4 by 4 lattice, the input's size.
        if not (kind == "None" and name.endswith(("tps_grid(controls)", "(out_size)")))
    ]


@pytest.mark.parametrize(
    ("call", "good", "make"),
    cases(TENSORS, NO_NUMBERS | NO_TENSOR | OF_ANOTHER_DTYPE)
    + cases(NUMBERS, NO_NUMBERS | OF_ANOTHER_DTYPE)
    + cases(MATRIX, NO_NUMBERS)
    + cases(SINGLE, NO_SINGLE),
)
def test_an_argument_of_another_kind_is_refused_in_this_librarys_words(call, good, make):
    """Oracle: the form of the messages: what was expected, what was given."""
    call(good)
    with pytest.raises((TypeError, ValueError)) as refused:
        call(make(good))
    assert re.match(r"expected .*\bgot ", str(refused.value), re.S), refused.value


def test_every_argument_is_tried():
    """Oracle: the signatures of the public functions; switches, dtypes, devices and generators are torch's to check."""
    tried = {*TENSORS, *NUMBERS, *MATRIX, *SINGLE}
    modules = (transforms, grid, sampling, coordinates)
    for function in [f for module in modules for f in vars(module).values() if inspect.isfunction(f)]:
        home = inspect.getmodule(function)
        if home not in modules or function.__name__.startswith("_") or function.__name__ in ("centres", "to_pixel"):
            continue  # of another module, or for one axis, inside the library
        names = set(inspect.signature(function).parameters) - {"align_corners", "dtype", "device", "generator"}
        missing = {name for name in names if f"{function.__name__}({name})" not in tried}
        assert not missing, f"{function.__name__}: {missing}"


@pytest.mark.parametrize(("call", "good"), NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_not_finite_are_refused(call, good, number):
    """As one number, as an array and in a tensor, the second of two."""
    two = good.clone()
    two.view(-1)[-1] = number
    values = [two, two.numpy(), two.tolist()] + ([number] if good.ndim == 1 else [(0.0, number)])
    for value in values[: 2 if good.ndim == 1 else None] + values[3:]:
        with pytest.raises(ValueError, match=r"of finite numbers, got NaN or infinity: look for what computed it"):
            call(value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: THETA.tolist(), "expected theta to be a torch.Tensor, got list: wrap it in torch.as_tensor"),
        (lambda: THETA.to_sparse(), r"expected theta to be a dense tensor, got a sparse one: use \.to_dense\(\)"),
        (
            lambda: THETA.to(torch.float8_e5m2),
            r"theta of 16 bits or more, got torch\.float8_e5m2: convert it with \.float\(\)",
        ),
        (lambda: THETA * 1j, r"expected theta of a floating dtype, got torch\.complex64: use \.real"),
    ],
)
def test_the_message_names_the_cure(make, message):
    with pytest.raises(TypeError, match=message):
        T.invert(make())


def test_real_numbers_of_every_kind_are_taken():
    """Oracle: the same angle as a tensor."""
    expected = T.rotation(torch.tensor([0.5]))
    for angle in (0.5, np.float32(0.5), np.float64(0.5), np.array(0.5), np.array([0.5]), [0.5], torch.tensor(0.5)):
        assert torch.equal(T.rotation(angle), expected)
    for angle in (torch.float16, torch.bfloat16, torch.float64):
        torch.testing.assert_close(T.rotation(torch.tensor([0.5], dtype=angle)).float(), expected)
