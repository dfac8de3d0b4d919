"""Projects whose steps fail."""

import subprocess
import sys

import pytest

from tests.project import Project

NETWORK = """
import torch
torch.manual_seed(0)
layer = torch.nn.Conv2d(3, 6, 8, stride=8).eval()
network = torch.nn.Sequential(layer, torch.nn.Flatten())
torch.jit.save(torch.jit.trace(network, torch.zeros(1, 3, 16, 16)), 'data/tiny.pt')
"""


@pytest.fixture(scope="session", name="embedding")
def project_with_embeddings(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A built project that also shows its images to a network, with notes of what the steps used."""
    project = built.copy(tmp_path_factory.mktemp("embedding") / "project")
    subprocess.run([sys.executable, "-W", "ignore", "-c", NETWORK], cwd=project.root, check=True)
    project.change("score.metrics", {})
    project.change("dedup.score", None)
    project.change(
        "embed", {"kind": "torchscript", "model": "data/tiny.pt", "side": 16, "mean": [0.5] * 3, "std": [0.2] * 3}
    )
    project.change("dedup.embedding", {"min_cosine": 0.999, "tables": 4, "bits": 4})
    audit = project.root.parent / "audit"
    audit.mkdir()
    project.inside = {"NATIVE4K_AUDIT": str(audit)}
    project.repro("dataset")
    project.commit()
    project.inside = {}
    return project
