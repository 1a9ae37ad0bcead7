# The desk as an image: what is locked, no root, and nothing written but to /data.
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir "uv>=0.9,<1"
WORKDIR /src
ENV UV_PYTHON=/usr/local/bin/python UV_PROJECT_ENVIRONMENT=/opt/ticketloop \
    UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-install-project
COPY . .
RUN uv sync --locked --no-dev --no-editable

FROM python:3.13-slim
COPY --from=build /opt/ticketloop /opt/ticketloop
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin desk \
    && install -d -o desk -g desk /data
USER 10001
# Its own folder is where a relative DATABASE_URL and a .env are looked for.
WORKDIR /data
VOLUME /data
ENV PATH=/opt/ticketloop/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 PORT=3000 DATABASE_URL=sqlite:////data/ticketloop.db
EXPOSE 3000
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s CMD ["ticketloop", "health"]
ENTRYPOINT ["ticketloop"]
CMD ["run"]
