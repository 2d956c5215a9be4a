"""An application that sends SMS and hears what became of them: uvicorn fastapi_app:app"""

from fastapi import FastAPI, HTTPException

from receipted import Hub
from receipted.domain.errors import InvalidRequest
from receipted.domain.event import Event

hub = Hub()
app = FastAPI(lifespan=hub.lifespan)
app.mount("/sms", hub.webhooks)


@hub.on_event
async def changed(event: Event) -> None:
    print(f"{event.message_id} is {event.status}", flush=True)


@app.post("/greet/{number}")
async def greet(number: str) -> str:
    try:
        return (await hub.send(to=number, from_="AcmeInc", text="Hello")).id
    except InvalidRequest as problem:
        raise HTTPException(400, str(problem)) from None
