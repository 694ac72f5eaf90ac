# Two stages: the first builds encoder, sample models and index; the second carries only what serves.
FROM python:3.11-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /firstline
COPY . .
RUN make setup

FROM python:3.11-slim
WORKDIR /firstline
RUN useradd --system --create-home firstline
COPY requirements/serve.txt requirements/serve.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/serve.txt
COPY pyproject.toml README.md LICENSE ./
COPY triage triage
COPY retrieval retrieval
COPY serving serving
COPY --from=build /firstline/var/sample var/sample
COPY --from=build /firstline/var/encoder/int8 var/encoder/int8
ENV PYTHONPATH=/firstline FIRSTLINE_HOME=/data FIRSTLINE_SAMPLE=/firstline/var/sample
RUN mkdir /data && chown firstline /data
USER firstline
VOLUME /data
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz')"]
ENTRYPOINT ["python", "-m", "serving.cli"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
