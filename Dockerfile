# The studio in a container. This file was written against the studio's own needs but was not built here.
#
#   docker build -t studio .
#   docker run --rm -p 127.0.0.1:7860:7860 -v studio:/data studio
#
# Publish the port on 127.0.0.1 as above unless the network around the machine is one you trust.
FROM python:3.11-slim

# Runs as an ordinary user; what it keeps lies in the volume.
RUN useradd --uid 1000 --create-home studio \
 && mkdir -p /app /data \
 && chown studio:studio /app /data

WORKDIR /app

# Libraries first: they change less often than the code.
COPY requirements.txt .
RUN pip install --no-cache-dir --disable-pip-version-check --use-pep517 -r requirements.txt

COPY --chown=studio:studio . .

USER studio
ENV STUDIO_HOST=0.0.0.0 \
    STUDIO_PORT=7860 \
    STUDIO_WORKSPACE=/data/studio \
    HF_HOME=/data/hub \
    PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 7860

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]

# python is process 1 and gets the signals itself.
CMD ["python", "app.py"]
