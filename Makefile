# verbatim: set-up, demo and tests on Debian, Ubuntu and macOS.
#
#   make demo              record and transcribe the sample call through real audio devices, live
#   make demo MODEL=base.en        the same with a real Whisper model, fetched when missing
#   make demo-file         the same call from its files, where no audio server can run
#   make test              all tests
#   make bench             all benchmarks
#   make bench-live        captions alone: delays, steadiness, completeness; ARGS="--times 3 --busy 2 --cpu 20%"
#   make install           build and install the program for this user

MODEL ?= starter
CARGO ?= cargo

.PHONY: demo demo-file test bench bench-live build install setup-build setup-demo setup-test

demo: setup-demo build
	@scripts/demo.sh live "$(MODEL)"

demo-file: setup-build build
	@scripts/demo.sh file "$(MODEL)"

build:
	$(CARGO) build --locked --release --bin verbatim --example play_call

# A missing reader of exports is a failure here; a plain cargo test says that it was left out.
test: export VERBATIM_REQUIRE_FOREIGN = 1
test: setup-test
	$(CARGO) test --locked --no-default-features
	$(CARGO) test --locked

bench: setup-test
	$(CARGO) build --locked --release --example play_call
	$(CARGO) bench --locked

bench-live: setup-demo
	$(CARGO) build --locked --release --example play_call
	$(CARGO) bench --locked --bench live -- $(ARGS)

install: setup-build
	$(CARGO) install --locked --path .

setup-build:
	@scripts/setup.sh build

setup-demo:
	@scripts/setup.sh demo

setup-test:
	@scripts/setup.sh test
