import numpy as np
import pytest
import torch
from torch import nn

from xaimed.errors import ExplainError
from xaimed.explain.cam_family import GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM
from xaimed.explain.cam_without_gradients import AblationCAM, EigenCAM, ScoreCAM
from xaimed.explain.fusion import Fusion, Part
from xaimed.explain.gradcam import GradCAM
from xaimed.explain.gradient_shap import GradientShap
from xaimed.explain.integrated_gradients import IntegratedGradients
from xaimed.explain.lime import LIME
from xaimed.explain.mc_gradcam import MCDropoutGradCAM
from xaimed.explain.occlusion import Occlusion
from xaimed.explain.shap_kernel import KernelSHAP
from xaimed.explain.shap_partition import PartitionSHAP
from xaimed.explain.untouched import untouched

HOOKS = [name for name in vars(nn.Module()) if "hooks" in name]


def state(network):
    """Everything about a network and its surroundings that an explainer might change."""
    return {
        "modes": [module.training for module in network.modules()],
        "hooks": [list(getattr(module, name)) for module in network.modules() for name in HOOKS],
        "requires": [parameter.requires_grad for parameter in network.parameters()],
        "grads": [(id(p.grad), p.grad.tolist() if p.grad is not None else None) for p in network.parameters()],
        "buffers": [(id(buffer), buffer.tolist()) for buffer in network.buffers()],
        "weights": [parameter.tolist() for parameter in network.parameters()],
        "random": torch.get_rng_state().tolist(),
        "random of numpy": [np.asarray(part).tolist() for part in np.random.get_state()],
        "modes of torch": (
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
            torch.is_autocast_enabled("cpu"),
        ),
    }


@pytest.fixture(params=["head", "deep"])
def used(request, build, images):
    """A network in the middle of training: mixed modes, gradients, one frozen part, a hook of its own."""
    network = build("vgg", deep="before" if request.param == "deep" else None).train()
    network.body.conv1.requires_grad_(False)
    network.body.norm.eval()
    network.head[0].register_forward_hook(lambda *call: None)
    network(images).sum().backward()
    return network


class Crash(nn.Module):
    def forward(self, x):
        torch.rand(3)
        raise RuntimeError("crash")


EXPLAINERS = pytest.mark.parametrize(
    "explain",
    [
        *(GradCAM(), MCDropoutGradCAM(3)),
        *(GradCAMPlusPlus(), HiResCAM(), LayerCAM(), XGradCAM(), ScoreCAM(), EigenCAM(), AblationCAM()),
        Fusion({"gradcam": Part(GradCAM(), 1), "hirescam": Part(HiResCAM(), 1)}),
        LIME(samples=6, segments=4, segmentation="grid"),
        KernelSHAP(samples=6, segments=4),
        PartitionSHAP(max_evals=6),
        IntegratedGradients(steps=3),
        GradientShap(samples=3),
        Occlusion(window=8, stride=8),
    ],
    ids=lambda explain: explain.name,
)


@EXPLAINERS
def test_a_normal_call_leaves_no_trace(used, images, explain):
    before = state(used)
    explain(used, images)
    assert state(used) == before


@EXPLAINERS
def test_a_wrong_call_leaves_no_trace(used, images, explain):
    before = state(used)
    with pytest.raises(ExplainError, match="no class 7"):
        explain(used, images, torch.full((5,), 7))
    assert state(used) == before


@EXPLAINERS
@pytest.mark.parametrize("where", ["body", "head"])
def test_a_crashing_call_leaves_no_trace(used, images, explain, where):
    getattr(used, where).append(Crash())
    before = state(used)
    with torch.autocast("cpu", torch.bfloat16), pytest.raises(RuntimeError, match="crash"):
        explain(used, images)
    assert state(used) == before


def test_whatever_is_done_inside_is_undone(used, images):
    before = state(used)
    with untouched(used):
        assert not any(module.training for module in used.modules())
        assert not torch.is_grad_enabled()
        used.train()
        used.requires_grad_(True)
        used.body.norm.running_mean += 1
        used.body.norm.running_var = torch.zeros(6)
        used.body.register_buffer("new", torch.zeros(1))
        used.body.register_forward_hook(lambda *call: None)
        used.head[0]._forward_hooks.clear()
        torch.set_grad_enabled(True)
        used(images).sum().backward()
        torch.rand(1)
    assert state(used) == before


def test_autocast_and_inference_mode_are_off_inside_and_on_again_outside(used):
    with torch.autocast("cpu", torch.bfloat16), torch.inference_mode():
        with untouched(used):
            assert not torch.is_autocast_enabled("cpu")
            assert not torch.is_inference_mode_enabled()
        assert torch.is_autocast_enabled("cpu")
        assert torch.is_inference_mode_enabled()
