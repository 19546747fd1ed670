"""R-precision by cosine of rows in groups of ten, as a bare loop of torch. Prints one JSON row. Arguments: rows, size."""
import json
import resource
import sys
import time

import torch

rows, size = int(sys.argv[1]), int(sys.argv[2])
group, block = 10, 1024
torch.manual_seed(0)
centres = torch.randn((rows + group - 1) // group, size)
labels = torch.arange(rows) // group
vectors = centres[labels] + 4 * torch.randn(rows, size)


def r_precision(vectors, labels):
    unit = torch.nn.functional.normalize(vectors)
    found = 0.0
    for first in range(0, len(unit), block):
        scores = unit[first : first + block] @ unit.T
        own = torch.arange(len(scores))
        scores[own, own + first] = -float("inf")
        nearest = scores.topk(group - 1, dim=1).indices
        found += (labels[nearest] == labels[first : first + block, None]).float().mean(1).sum().item()
    return found / len(unit)


r_precision(vectors[:1000], labels[:1000])
start, used = time.perf_counter(), time.process_time()
value = r_precision(vectors, labels)
print(
    json.dumps(
        {
            "metric": "r-precision",
            "by": f"torch {torch.__version__}",
            "rows": rows,
            "queries": rows,
            "seconds": time.perf_counter() - start,
            "processor": time.process_time() - used,
            "peakRssMb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "value": value,
        }
    )
)
