"""The agent of the lesson in Python: predicts, appends a line to a file, and counts for Prometheus."""
import json
import os
import time

from fastapi import FastAPI
from prometheus_client import Counter, Histogram, make_asgi_app
from pydantic import BaseModel

LOG_FILE = os.environ["LOG_FILE"]
GOOD = {"good", "great", "lovely", "wonderful", "nice"}
BAD = {"bad", "awful", "terrible", "horrible", "sad"}

requests_total = Counter("inference_requests", "Inference requests by outcome.", ["status"])
latency = Histogram("inference_latency_seconds", "Duration of an inference request.")


class InferenceRequest(BaseModel):
    text: str


def predict(text: str) -> str:
    words = text.lower().split()
    mood = sum(word in GOOD for word in words) - sum(word in BAD for word in words)
    return "positive" if mood > 0 else "negative" if mood < 0 else "neutral"


app = FastAPI()
app.mount("/metrics", make_asgi_app())


@app.post("/inference")
async def inference(request: InferenceRequest):
    start = time.time()
    result = predict(request.text)
    with open(LOG_FILE, "a") as f:
        f.write(json.dumps({"timestamp": start, "request": request.text, "result": result}) + "\n")
    requests_total.labels(status="success").inc()
    latency.observe(time.time() - start)
    return {"prediction": result}
