"""The tutorial's receipt door as one writes it with FastAPI, asyncpg and PostgreSQL: one UPDATE per request.

It keeps no raw copy and no history, checks no signature and lets a late receipt overwrite an earlier one.
"""

import os
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import asyncpg
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field


class Receipt(BaseModel):
    model_config = ConfigDict(extra="ignore")

    message_id: str = Field(alias="messageId")
    status: str
    message_timestamp: str = Field(alias="message-timestamp")


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.pool = await asyncpg.create_pool(os.environ["PEER_DATABASE"])
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


async def store(request: Request, receipt: Receipt) -> Response:
    async with request.app.state.pool.acquire() as connection:
        await connection.execute(
            "UPDATE sms SET status = $2, updated_at = $3 WHERE message_id = $1",
            receipt.message_id,
            receipt.status,
            receipt.message_timestamp,
        )
    return Response()


@app.post("/sms_delivery_receipts")
async def receive_form(request: Request) -> Response:
    # FastAPI's Form() needs python-multipart, which cannot stand beside the hub's multipart. This is the cheaper way.
    return await store(request, Receipt.model_validate(dict(parse_qsl((await request.body()).decode()))))


@app.post("/sms_delivery_receipts_json")
async def receive_json(request: Request, receipt: Receipt) -> Response:
    return await store(request, receipt)
