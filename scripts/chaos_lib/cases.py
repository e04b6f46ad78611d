"""What is asked of the service: pictures with a configuration, and what an undisturbed run answers."""

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = ROOT / "Samples"
FIXTURES = ROOT / "Tests/Fixtures/images"
REFERENCE_SECONDS = 120


@dataclass(frozen=True)
class Case:
    """One kind of job. `weight` says how often it is sent, compared with the others."""

    name: str
    pictures: tuple
    config: dict
    weight: int


OBB = {"model": "aerial15-obb"}
CASES = [
    Case("three formats", (FIXTURES / "jpeg-444.jpg", FIXTURES / "png-rgb8.png", FIXTURES / "tiff-deflate.tif"),
         {"sahi": {"enabled": False}}, 4),
    Case("one slice", (SAMPLES / "scene-1.jpg",), {}, 3),
    Case("oriented", (SAMPLES / "scene-2.jpg",), OBB, 3),
    Case("slices", (SAMPLES / "yell-541000.jpg",), {}, 3),
    Case("several pictures", (SAMPLES / "scene-3.jpg", SAMPLES / "yell-541000.jpg", SAMPLES / "scene-4.jpg"), OBB, 2),
]
# Long enough to be killed in the middle; the second one has enough slices to be checkpointed.
LONG_CASES = [
    Case("large", (SAMPLES / "scene-large.jpg",), OBB, 1),
    Case("many slices", (SAMPLES / "yell-541000.jpg",),
         {"sahi": {"slice_width": 256, "slice_height": 256, "overlap_ratio": 0.5}}, 1),
]


@dataclass(frozen=True)
class Result:
    """What a completed job has found, without what differs from job to job: ids and times."""

    document: str
    # Digests of the annotated pictures, in the order of the job.
    annotated: tuple

    @staticmethod
    def of(service, job_id):
        """Returns the job's result and the ids of its files; the annotated pictures are fetched too."""
        data = service.ask("GET", f"/api/v1/jobs/{job_id}/results").data
        file_ids = [image.pop("file_id") for image in data["results"]]
        del data["job_id"]
        for image in data["results"]:
            image.pop("inference_seconds", None)
        pictures = [service.ask("GET", f"/api/v1/files/{file_id}/annotated?job_id={job_id}") for file_id in file_ids]
        digests = tuple(
            hashlib.sha256(picture.body).hexdigest() if picture.status == 200 else str(picture)
            for picture in pictures)
        return Result(json.dumps(data, sort_keys=True), digests), file_ids

    def difference(self, other):
        """What differs, for people; empty when nothing does."""
        if self.document != other.document:
            start = next((index for index, (ours, theirs) in enumerate(zip(self.document, other.document))
                          if ours != theirs), min(len(self.document), len(other.document)))
            window = slice(max(0, start - 60), start + 60)
            return f"...{self.document[window]}... instead of ...{other.document[window]}..."
        return "" if self.annotated == other.annotated else "the annotated pictures differ"


def request_body(upload_id, case):
    return json.dumps({"upload_id": upload_id, "config": case.config}).encode()


def references(service, cases):
    """Runs each case once on a server that nobody disturbs; the results by the case's name."""
    jobs, found = {}, {}
    for case in cases:
        upload = service.upload(case.pictures).data
        answer = service.ask("POST", "/api/v1/inference/predict", request_body(upload["upload_id"], case),
                             {"Content-Type": "application/json"})
        jobs[case.name] = answer.data["job_id"]
    deadline = time.monotonic() + REFERENCE_SECONDS
    for name, job_id in jobs.items():
        while (state := service.status(job_id, wait=10).data["status"]) in ("queued", "processing"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the reference run is not done after {REFERENCE_SECONDS} s")
        if state != "completed":
            raise ValueError(f"the reference job \"{name}\" {state}: {service.status(job_id)}")
        found[name], _ = Result.of(service, job_id)
    return found
