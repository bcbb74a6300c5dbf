from fastapi import FastAPI, HTTPException
from prometheus_fastapi_instrumentator import Instrumentator

app = FastAPI()


@app.get("/")
def root():
    return {"ok": True}


@app.get("/ping")
def ping():
    return "pong"


@app.get("/boom")
def boom():
    raise HTTPException(status_code=500, detail="intentional")


# The two things that monitoring takes: count requests, and serve the counts at /metrics.
# Several workers (uvicorn --workers 4) need PROMETHEUS_MULTIPROC_DIR set to an empty folder, or each answers with counts of its own.
Instrumentator(should_instrument_requests_inprogress=True).instrument(app).expose(app)
