"""Residual networks for images (He et al. 2015, arXiv:1512.03385), in transformers' form."""

from __future__ import annotations

from typing import Any

from studio.anatomy import Anchors, Spine
from studio.contracts import Checkpoint, Family, Head, Loaded, LoadRequest, Modality, Source, SourceKind
from studio.families import _networks

_ARCHITECTURES: dict[str, dict[str, Any]] = {  # of random weights: only for runs of earlier versions
    "resnet-18": {"hidden_sizes": [64, 128, 256, 512], "depths": [2, 2, 2, 2], "layer_type": "basic"},
}


def load(request: LoadRequest) -> Loaded:
    """The network with its head, and an image processor that cuts the middle square at `image_size`."""
    import transformers

    _networks.quiet()
    if request.folder is None:
        config: Any = transformers.ResNetConfig(**_ARCHITECTURES[request.architecture])
    else:
        config = transformers.AutoConfig.from_pretrained(request.folder, local_files_only=True, trust_remote_code=False)
    config.update(_networks.label_fields(request))
    model, drawn = _networks.built(transformers.AutoModelForImageClassification, config, request)
    size = request.image_size
    processor = transformers.BitImageProcessor(
        size={"shortest_edge": size},
        crop_size={"height": size, "width": size},
        resample=3,  # bicubic, as in `studio.pixels.fit`
        image_mean=list(_MEAN),
        image_std=list(_DEVIATION),
    )
    return Loaded(model, processor, drawn)


# Of ImageNet, which the hub's ResNets were trained with.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def anchors(model: Any) -> Anchors:
    """Convolutions. Normalisation is kept whole: its statistics move in training, and an adapter that lacked them would
    predict differently when it is loaded again."""
    every = ("convolution",)
    # Normalisation takes factors on what a convolution says away again, so they stand on what it reads.
    return Anchors(every, every, keep=("classifier", "normalization"), outgoing=(), incoming=every)


def layer_groups(model: Any) -> tuple[tuple[str, ...], ...]:
    return _networks.grouped(model, r"\bstages\.(\d+)\.layers\.(\d+)\.", ("embedder",), ("classifier",))


def spine(model: Any) -> Spine:
    return _networks.spine(model, r"\bstages\.\d+\.layers\.\d+", ("embedder",))


FAMILY = Family(
    name="resnet",
    label="ResNet image networks",
    modality=Modality.IMAGE,
    heads=(Head.IMAGE_CLASSIFICATION,),
    model_types=("resnet",),
    checkpoints=(
        Checkpoint(
            id="starter-resnet",
            label="Starter ResNet",
            source=Source(
                SourceKind.BUNDLED,
                "starter-resnet",
                sha256="d244d58d70227c81ddb4a8c773888be869168c462a37732f34d89c9ac45a8d8f",
            ),
            size_mb=23,
            parameters=11.3,
            license="non-commercial research",
            languages="images",
            side=64,
            advice="Comes with the studio. Made for small pictures, of 64 pixels; of use from a few hundred of them.",
            data="95,000 photos of 190 classes of Tiny ImageNet, 64 pixels wide",
            terms="The starter network learned from pictures of ImageNet, which are given for non-commercial research"
            " and teaching only. Whether a model that is trained from it may be used for anything else is not settled:"
            " where that matters, start from other weights.",
        ),
        Checkpoint(
            id="resnet-18",
            label="ResNet-18",
            source=Source(
                SourceKind.HUB,
                "microsoft/resnet-18",
                "65a5785d9156231087c481e0c7dd33a5ff6f7e3e",
                "1cf00ee468998c23d084361b02cffadabacb5074105564c596b8079f77ecb126",
            ),
            size_mb=47,
            parameters=11.7,
            license="Apache-2.0",
            languages="images",
            advice="Small and quick; trained on ImageNet's 1,000 classes of photos.",
        ),
        Checkpoint(
            id="resnet-50",
            label="ResNet-50",
            source=Source(SourceKind.HUB, "microsoft/resnet-50", "34c2154c194f829b11125337b98c8f5f9965ff19"),
            size_mb=103,
            parameters=25.6,
            license="Apache-2.0",
            languages="images",
            advice="The usual choice for photos; about twice the cost of ResNet-18.",
        ),
    ),
    load=load,
    anchors=anchors,
    classifier=_networks.final_linear,
    layer_groups=layer_groups,
    spine=spine,
)
