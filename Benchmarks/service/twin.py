"""The same two routes as a FastAPI service would have them: upload with SHA-256 to disk, status from memory or Redis.

Started by `run`: uvicorn twin:app, with TWIN_FOLDER and, for Redis, TWIN_REDIS_PORT in the environment.
"""

import hashlib
import os
import uuid
from pathlib import Path

import redis.asyncio
from fastapi import FastAPI, HTTPException, UploadFile
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

FOLDER = Path(os.environ["TWIN_FOLDER"])
PIECE = 1 << 20


class Progress(BaseModel):
    total_images: int
    processed_images: int
    failed_images: int
    percentage: int
    current_stage: str | None = None


class Job(BaseModel):
    job_id: str
    upload_id: str
    status: str
    attempt: int
    priority: str
    created_at: str
    updated_at: str
    started_at: str | None = None
    completed_at: str | None = None
    progress: Progress
    summary: dict | None = None
    results_url: str | None = None
    visualization_url: str | None = None


class JobAnswer(BaseModel):
    status: str
    data: Job


app = FastAPI()
port = os.environ.get("TWIN_REDIS_PORT")
store = redis.asyncio.Redis(port=int(port)) if port else None
jobs: dict[str, Job] = {}


@app.put("/jobs")
async def put_job(answer: JobAnswer):
    """Sets the status that is measured: a copy of Harrier's."""
    if store:
        await store.set(answer.data.job_id, answer.data.model_dump_json())
    else:
        jobs[answer.data.job_id] = answer.data


@app.get("/api/v1/jobs/{job_id}/status", response_model=JobAnswer, response_model_exclude_none=True)
async def status(job_id: str):
    if store:
        text = await store.get(job_id)
        job = Job.model_validate_json(text) if text else None
    else:
        job = jobs.get(job_id)
    if job is None:
        raise HTTPException(404, "No such job")
    return JobAnswer(status="success", data=job)


def keep(file: UploadFile, path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "wb") as target:
        while piece := file.file.read(PIECE):
            digest.update(piece)
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


@app.post("/api/v1/inference/upload")
async def upload(files: list[UploadFile]):
    kept = []
    for file in files:
        file_id = f"img_{uuid.uuid4().hex[:26]}"
        digest = await run_in_threadpool(keep, file, FOLDER / file_id)
        kept.append({"filename": file.filename, "file_id": file_id, "size_bytes": file.size, "sha256": digest})
    return {"status": "success", "data": {"upload_id": f"upl_{uuid.uuid4().hex[:26]}", "uploaded_files": kept}}
