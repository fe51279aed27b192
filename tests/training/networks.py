"""Small networks whose maps are known, or that hold what is hard to differentiate twice."""

from collections import OrderedDict

import torch
from torch import nn
from torchvision.models import VisionTransformer

from xaimed.models.network import Network


def linear(outputs=3, patch=4):
    """Linear in patches that do not overlap, without a bias: Grad-CAM and integrated gradients are the same map."""
    torch.manual_seed(0)
    body = nn.Sequential(
        OrderedDict(patches=nn.Conv2d(3, 5, patch, patch, bias=False), pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten())
    )
    head = nn.Sequential(nn.Linear(5, outputs, bias=False))
    return Network(body, head, explained="patches", feature_width=5, input_size=16)


def smooth(outputs=3, width=4):
    """Bent everywhere, broken nowhere, in double precision; with BatchNorm."""
    torch.manual_seed(0)
    body = nn.Sequential(
        OrderedDict(
            first=nn.Conv2d(3, width, 3, stride=2, padding=1),
            norm=nn.BatchNorm2d(width),
            bend=nn.SiLU(),
            second=nn.Conv2d(width, width, 3, stride=2, padding=1),
            explained=nn.Softplus(),
            flat=nn.Flatten(),
        )
    )
    nn.init.uniform_(body.norm.running_var, 0.5, 1.5)
    head = nn.Sequential(nn.Linear(4 * width, 6), nn.Tanh(), nn.Dropout(0.5), nn.Linear(6, outputs))
    return Network(body, head, explained="explained", feature_width=4 * width, input_size=8).double()


def transformer(outputs=3):
    """A vision transformer whose class token decides; explained is the last block's first normalisation."""

    class Body(nn.Module):
        def __init__(self):
            super().__init__()
            self.vit = VisionTransformer(16, 4, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=16)

        def forward(self, images):
            tokens = self.vit._process_input(images)
            tokens = torch.cat([self.vit.class_token.expand(len(tokens), -1, -1), tokens], 1)
            return self.vit.encoder(tokens)[:, 0]

    torch.manual_seed(0)
    body = Body()
    nn.init.normal_(body.vit.encoder.pos_embedding)  # or normalisation makes a cliff of the path's first hundredths
    return Network(
        body,
        nn.Sequential(nn.Linear(8, outputs)),
        explained="vit.encoder.layers.encoder_layer_1.ln_1",
        feature_width=8,
        input_size=16,
        to_grid=lambda tokens: tokens[:, 1:].transpose(1, 2).unflatten(2, (4, 4)),
    )


def images(count=4, side=16, seed=1):
    """Noise."""
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(seed))
