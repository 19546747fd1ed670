"""The same training steps in a bare torch loop: no framework, no progress, no metrics.

Run: python3 bench/peers/torch_step.py mnr 256 1 5
Arguments: workload, batch, threads, seconds. Prints one JSON object.
"""

import json
import math
import resource
import sys
import time

import torch
import torch.nn.functional as F

SIZE = 384
GROUPS = 64
MEMORY = 10_000
MARGIN = 0.5


class SkipConnection(torch.nn.Module):
    """x + sigmoid(gate) * linear(x), one gate a column, -4 at first."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(SIZE, SIZE)
        self.gate = torch.nn.Parameter(torch.full((SIZE,), -4.0))

    def forward(self, x):
        return torch.sigmoid(self.gate) * self.linear(x) + x


def two_layers():
    return torch.nn.Sequential(torch.nn.Linear(SIZE, SIZE), torch.nn.ReLU(), torch.nn.Linear(SIZE, SIZE))


def cosine_distances(a, b):
    return 1 - F.normalize(a) @ F.normalize(b).T


def masks(groups, others=None):
    same = groups[:, None] == (groups if others is None else others)[None, :]
    if others is not None:
        return same, ~same
    return same & ~torch.eye(len(groups), dtype=torch.bool), ~same


def hardest(distances, positives, negatives):
    farthest = distances.masked_fill(~positives, -math.inf).amax(1)
    nearest = distances.masked_fill(~negatives, math.inf).amin(1)
    return farthest, nearest, positives.any(1) & negatives.any(1)


def mean_of(values, counts):
    return values[counts].mean() if bool(counts.any()) else values.sum() * 0


def ranking(head, batch):
    a, b = F.normalize(head(batch["a"])), F.normalize(head(batch["b"]))
    return F.cross_entropy(20 * a @ b.T, torch.arange(len(a)))


def triplet_hard(head, batch):
    x = head(batch["x"])
    farthest, nearest, counts = hardest(cosine_distances(x, x), *masks(batch["groups"]))
    return mean_of(F.relu(farthest - nearest + MARGIN), counts)


def triplet_all(head, batch):
    x = head(batch["x"])
    distances = cosine_distances(x, x)
    positives, negatives = masks(batch["groups"])
    losses = F.relu(distances[:, :, None] - distances[:, None, :] + MARGIN)
    losses = losses * (positives[:, :, None] & negatives[:, None, :])
    return losses.sum() / (losses > 1e-16).sum().clamp(min=1)


def triplet_semi_hard(head, batch):
    x = head(batch["x"])
    distances = cosine_distances(x, x)
    positives, negatives = masks(batch["groups"])
    farther = negatives[:, None, :] & (distances[:, None, :] > distances[:, :, None])
    nearest = distances[:, None, :].expand_as(farther).masked_fill(~farther, math.inf).amin(2)
    farthest = distances.masked_fill(~negatives, -math.inf).amax(1)
    chosen = torch.where(torch.isinf(nearest), farthest[:, None], nearest)
    return mean_of(F.relu(distances - chosen + MARGIN), positives & negatives.any(1)[:, None])


def online_contrastive(head, batch):
    x = head(batch["x"])
    positives, negatives = masks(batch["groups"])
    farthest, nearest, _ = hardest(cosine_distances(x, x), positives, negatives)
    together = mean_of(farthest, positives.any(1))
    apart = mean_of(F.relu(MARGIN - nearest), negatives.any(1))
    return 0.5 * (together + apart)


class WithMemory:
    """Hard triplets in the batch, and against the last rows seen."""

    def __init__(self):
        self.rows = torch.zeros(MEMORY, SIZE)
        self.groups = torch.full((MEMORY,), -1)
        self.at = 0
        self.filled = 0

    def __call__(self, head, batch):
        x, groups = head(batch["x"]), batch["groups"]
        loss = mean_of(*self.losses(cosine_distances(x, x), *masks(groups)))
        if self.filled > 0:
            rows, others = self.rows[: self.filled], self.groups[: self.filled]
            loss = loss + mean_of(*self.losses(cosine_distances(x, rows), *masks(groups, others)))
        places = (self.at + torch.arange(len(x))) % MEMORY
        self.rows[places], self.groups[places] = x.detach(), groups
        self.at = (self.at + len(x)) % MEMORY
        self.filled = min(MEMORY, self.filled + len(x))
        return loss

    @staticmethod
    def losses(distances, positives, negatives):
        farthest, nearest, counts = hardest(distances, positives, negatives)
        return F.relu(farthest - nearest + MARGIN), counts


WORKLOADS = {
    "mnr": (SkipConnection, lambda: ranking, True),
    "triplet-hard": (SkipConnection, lambda: triplet_hard, False),
    "triplet-semi-hard": (SkipConnection, lambda: triplet_semi_hard, False),
    "triplet-all": (SkipConnection, lambda: triplet_all, False),
    "online-contrastive": (SkipConnection, lambda: online_contrastive, False),
    "triplet-hard-xbm": (SkipConnection, WithMemory, False),
    "mlp2": (two_layers, lambda: ranking, True),
}


def samples(pairs, count):
    if pairs:
        a = torch.randn(count, SIZE)
        return {"a": a, "b": a + 0.5 * torch.randn(count, SIZE)}
    groups = torch.arange(count) % GROUPS
    return {"x": torch.randn(GROUPS, SIZE)[groups] + torch.randn(count, SIZE), "groups": groups}


def main():
    workload, batch, threads, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    make_head, make_loss, pairs = WORKLOADS[workload]
    head, loss_of = make_head(), make_loss()
    optimizer = torch.optim.Adam(head.parameters(), lr=1e-3)
    per_epoch = max(4, min(64, 8192 // batch))
    data = samples(pairs, batch * per_epoch)
    steps, epochs, started = [], [], None
    while started is None or time.perf_counter() - started < seconds:
        begin = time.perf_counter()
        for rows in torch.randperm(batch * per_epoch).split(batch):
            step_begin = time.perf_counter()
            loss = loss_of(head, {name: values[rows] for name, values in data.items()})
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
            if started is not None:
                steps.append(1000 * (time.perf_counter() - step_begin))
                if time.perf_counter() - started > seconds:
                    break
        else:
            if started is not None:
                epochs.append(per_epoch / (time.perf_counter() - begin))
        # The first epoch warms up.
        started = started or time.perf_counter()
    middle = sorted(steps)[len(steps) // 2]
    rates = sorted(epochs) or [1000 / middle]
    print(
        json.dumps(
            {
                "workload": workload,
                "batch": batch,
                "engine": f"torch {torch.__version__}",
                "threads": threads,
                "stepsPerSecond": rates[len(rates) // 2],
                "msMedian": middle,
                "msBest": min(steps),
                "peakRssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "nativeShare": None,
                "gflops": None,
                "matmulPeakGflops": None,
            }
        )
    )


main()
