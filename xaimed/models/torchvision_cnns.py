"""Which convolutional networks does torchvision lend us? Family by family, and where each is cut."""

from __future__ import annotations

from collections import OrderedDict
from types import MappingProxyType

from torch import nn

from xaimed.models.anatomy import Anatomy, children_but, classifier, features_pooled, only, pooled
from xaimed.models.scaling import InputScale

HALVES = (0.5, 0.5, 0.5)
"""Mean and deviation that the Inception weights were made for; torchvision calls the change ``transform_input``."""


def _inception_body(model: nn.Module) -> nn.Sequential:
    parts = OrderedDict[str, nn.Module](scale=InputScale(HALVES, HALVES))
    parts.update((name, part) for name, part in model.named_children() if name not in ("dropout", "fc"))
    return pooled(**parts)


def _dropout_and_fc(model: nn.Module) -> nn.Sequential:
    return nn.Sequential(OrderedDict(dropout=model.get_submodule("dropout"), last=model.get_submodule("fc")))


def _densenet_body(model: nn.Module) -> nn.Sequential:
    # Torchvision calls this ReLU as a function; as a module it has a name and can be explained.
    relu = nn.ReLU(inplace=True)
    return pooled(features=model.get_submodule("features"), relu=relu, avgpool=nn.AdaptiveAvgPool2d(1))


def _convnext_body(model: nn.Module) -> nn.Sequential:
    norm = model.get_submodule("classifier.0")
    return pooled(features=model.get_submodule("features"), avgpool=model.get_submodule("avgpool"), norm=norm)


def _squeezenet_body(model: nn.Module) -> nn.Sequential:
    return pooled(features=model.get_submodule("features"))


def _squeezenet_head(model: nn.Module) -> nn.Sequential:
    # A ReLU stands between the class maps and their mean, so the mean cannot be taken first: the vector is the whole
    # map, and the head lays it out again, as a column, because a 1 × 1 convolution does not ask who stands beside whom.
    dropout, conv, relu, _ = classifier(model)
    assert isinstance(conv, nn.Conv2d)
    rectified = relu if conv.out_channels > 1 else nn.Identity()  # or one logit could never speak for class 0
    column = nn.Unflatten(1, (conv.in_channels, -1, 1))
    mean = nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(
        OrderedDict(column=column, dropout=dropout, last=conv, relu=rectified, mean=mean, flatten=nn.Flatten())
    )


def _dense(last: str, explained: str) -> Anatomy:
    """Features, pooling, dense layers."""
    return Anatomy(features_pooled, classifier, last=last, explained=explained)


def _inception(explained: str, *auxiliary: str) -> Anatomy:
    options = MappingProxyType({"aux_logits": False, "init_weights": True})
    return Anatomy(_inception_body, _dropout_and_fc, last="fc", explained=explained, options=options, ignored=auxiliary)


_RESNET = Anatomy(children_but("fc"), only("fc"), last="fc", explained="layer4")
CNNS = {
    "alexnet": _dense("classifier.6", "features.11"),
    "vgg16": _dense("classifier.6", "features.29"),
    "googlenet": _inception("inception5b", "aux1", "aux2"),
    "inception_v3": _inception("Mixed_7c", "AuxLogits"),
    **dict.fromkeys(("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"), _RESNET),
    "densenet121": Anatomy(_densenet_body, only("classifier"), last="classifier", explained="relu"),
    "mobilenet_v2": _dense("classifier.1", "features.18"),
    "mobilenet_v3_large": _dense("classifier.3", "features.16"),
    "mobilenet_v3_small": _dense("classifier.3", "features.12"),
    "squeezenet1_1": Anatomy(_squeezenet_body, _squeezenet_head, last="classifier.1", explained="features.12"),
    "efficientnet_b0": _dense("classifier.1", "features.8"),
    "efficientnet_b4": _dense("classifier.1", "features.8"),
    "efficientnet_v2_s": _dense("classifier.1", "features.7"),
    "convnext_tiny": Anatomy(_convnext_body, only("classifier.2"), last="classifier.2", explained="features.7"),
}
