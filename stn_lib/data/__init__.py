"""Data sets, and the distortions of the paper that are applied to their images during training."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "batches": ["HeldOut", "held_out_set", "training_batch"],
        "birds": ["DrawnBirds", "bird_batch", "bird_set", "draw_birds"],
        "cub": ["Birds", "cub_batch", "load_cub"],
        "datasets": ["DATASETS", "Dataset", "load_dataset"],
        "digits": ["DigitsSplit", "load_digits_split", "sample_digits"],
        "distort": ["distort", "random_theta"],
        "distortions": ["DISTORTIONS", "RTS", "TC", "Distortion", "E", "P", "R"],
        "house_numbers": ["HouseNumbers", "draw_numbers", "house_batch", "house_held_out"],
        "mnist": ["load_mnist"],
        "shift": ["shift"],
        "svhn": ["load_svhn", "svhn_batch"],
        "view_change": ["RANGES", "view_change"],
    },
)
