"""The agent's request bodies as a FastAPI program, to compare the responses to invalid requests."""
import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Extra, conlist, constr

Text = constr(strict=True, min_length=1, max_length=10_000)


class Inference(BaseModel, extra=Extra.forbid):
    text: Text


class Batch(BaseModel, extra=Extra.forbid):
    texts: conlist(Text, min_items=1, max_items=256)


app = FastAPI()


@app.get("/")
def hello():
    return {"name": "fastapi"}


@app.post("/inference")
def infer(body: Inference):
    return {"prediction": "positive"}


@app.post("/inference/stream")
def infer_stream(body: Inference):
    return {"prediction": "positive"}


@app.post("/inference/batch")
def infer_batch(body: Batch):
    return {"predictions": []}


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
