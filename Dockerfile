# Two stages: the first builds encoder, sample models and index; the second carries only what serves.
# The base is pinned by the digest of its index of platforms. docs/deploy.md says how to renew it.
FROM python:3.11.16-slim@sha256:da047cb8f9d1d98e5c070f5300ba9f7274e33b8fc0e5be5ed88740aed1b95ba9 AS build
RUN apt-get update && apt-get install -y --no-install-recommends make libgomp1 && rm -rf /var/lib/apt/lists/*
WORKDIR /firstline
COPY . .
RUN make setup

FROM python:3.11.16-slim@sha256:da047cb8f9d1d98e5c070f5300ba9f7274e33b8fc0e5be5ed88740aed1b95ba9
WORKDIR /firstline
RUN useradd --system --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin firstline
COPY requirements/serve.txt requirements/serve.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/serve.txt
COPY pyproject.toml README.md LICENSE ./
COPY triage triage
COPY retrieval retrieval
COPY serving serving
RUN python -m compileall -q triage retrieval serving
COPY --from=build /firstline/var/sample var/sample
COPY --from=build /firstline/var/encoder/int8 var/encoder/int8
ENV PYTHONPATH=/firstline PYTHONDONTWRITEBYTECODE=1 FIRSTLINE_HOME=/data FIRSTLINE_SAMPLE=/firstline/var/sample
RUN mkdir -m 700 /data && chown firstline /data
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz')"]
ENTRYPOINT ["python", "-m", "serving.cli"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
