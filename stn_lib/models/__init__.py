"""Networks of the course: small ones, those of Table 1, those that read numbers; their weights; their export to the page."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "bird_networks": ["BirdCNN", "BirdSTCNN", "PartFinder"],
        "cub": ["CUBNetwork", "torchvision_backbone"],
        "export": ["fold_batch_norm", "round_weights", "to_operations"],
        "number_networks": ["GivenWindow", "NumberCNN", "NumberFinder", "NumberReader", "NumberSTCNN"],
        "registry": ["MODELS", "build"],
        "small": ["CNN", "COVER", "POOLS", "STCNN", "PoolingCNN"],
        "svhn": ["SVHNNetwork"],
        "table1": ["Table1Network", "count_parameters"],
        "weights": ["load_pretrained", "pretrained_info", "save_weights"],
    },
)
