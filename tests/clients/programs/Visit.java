// usage: java Visit URL SECONDS     Gets the URL. Trust and addresses of names: by system properties.
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;

public class Visit {
  public static void main(String[] arguments) throws IOException {
    int limit = Integer.parseInt(arguments[1]) * 1000;
    URLConnection connection = new URL(arguments[0]).openConnection();
    connection.setConnectTimeout(limit);
    connection.setReadTimeout(limit);
    try (InputStream body = connection.getInputStream()) {
      body.transferTo(System.out);
    }
  }
}
