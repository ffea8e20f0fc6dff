# The operator's image: docker build -t countersign:0.1.0 .
# Pin the base by digest where builds have to be repeatable: --build-arg PYTHON=python:3.13-slim@sha256:…
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS builder
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/countersign
# Dependencies first: they change less often than the code. Wheels only, so no compiler is needed and
# no package runs code of its own here; --no-deps, so nothing comes in that the lock file does not name.
# With the libraries for COUNTERSIGN_STORE=sql and for channels of type apprise:
#   --build-arg REQUIREMENTS=requirements-extras.lock
ARG REQUIREMENTS=requirements-runtime.lock
COPY requirements-runtime.lock requirements-extras.lock ./
RUN /opt/countersign/bin/pip install --require-hashes --no-deps --only-binary=:all: \
      -r "$REQUIREMENTS"
COPY pyproject.toml README.md ./
COPY operator/ operator/
RUN pip wheel --no-deps --wheel-dir /dist . \
 && /opt/countersign/bin/pip install --no-deps /dist/countersign-*.whl \
 && /opt/countersign/bin/pip uninstall --yes pip

FROM ${PYTHON}
LABEL org.opencontainers.image.title="countersign" \
      org.opencontainers.image.description="A Kubernetes operator for actions that need people's approval"
COPY --from=builder /opt/countersign /opt/countersign
# The root file system is read-only in the cluster; bytecode was compiled when the packages were
# installed. Unbuffered: the last log line before a crash is the one that matters.
ENV PATH=/opt/countersign/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# By number, so that the kubelet can see that it is not root (runAsNonRoot).
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["countersign"]
CMD ["run"]
