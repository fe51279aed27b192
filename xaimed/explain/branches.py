"""How much of a hybrid's decision has no map? The two branches' contributions, by Shapley's rule."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaimed.explain.contract import class_score
from xaimed.models.hybrid.network import HybridNetwork


@dataclass(frozen=True)
class Contributions:
    """What each branch adds to the decision value of each image's class, ``[B]`` each.

    A branch that is left out is at its mean over the training pictures. With ``v(S)`` the class's decision value,
    before calibration, when the branches in S speak, Shapley's rule for two players gives the CNN
    ``½[v(cnn) - v(∅)] + ½[v(both) - v(handcrafted)]``, and the handcrafted branch likewise; together they are
    exactly ``v(both) - v(∅)``. For a linear SVM without a projection a contribution is the sum of weight ×
    standardised value over the branch's entries.
    """

    deep: Tensor
    handcrafted: Tensor

    @property
    def handcrafted_share(self) -> Tensor:
        """``|handcrafted| / (|deep| + |handcrafted|)``; NaN where both are zero."""
        return self.handcrafted.abs() / (self.deep.abs() + self.handcrafted.abs())


def contributions(network: HybridNetwork, features: Tensor, targets: Tensor) -> Contributions:
    """The branches' contributions to the decisions for ``targets``, from the features that the body gives."""
    with torch.no_grad():
        seen, typical = network.seen(features), network.typical()
        is_deep = torch.arange(seen.shape[1], device=seen.device) < network.deep_width

        def value(speaks: Tensor) -> Tensor:
            told = torch.where(speaks, seen.to(typical.dtype), typical)
            return class_score(network.decisions(told), targets)

        both, neither = value(torch.ones_like(is_deep)), value(torch.zeros_like(is_deep))
        deep, handcrafted = value(is_deep), value(~is_deep)
    return Contributions(
        deep=(deep - neither + both - handcrafted) / 2, handcrafted=(handcrafted - neither + both - deep) / 2
    )
