SECRET_KEY = "example-only"
DEBUG = True
# A scraper that comes by another name (a container's host.docker.internal, say) is answered 400 unless the name stands here.
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "host.docker.internal"]
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["django_prometheus"]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",  # first
    "django.middleware.common.CommonMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",  # last
]
